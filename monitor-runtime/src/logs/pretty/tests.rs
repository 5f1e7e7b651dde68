use std::io;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::*;

#[test]
fn lines_are_those_of_the_format_without_secrets() {
    let written = written(|writer| {
        let layer = PrettyLayer {
            writer,
            colours: false,
        };
        let subscriber = registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("request", session_id = 7, user = "ada").entered();
            let broken = io::Error::other("no way to postgres://app:pw@db/x");
            let error: &(dyn Error + 'static) = &broken;
            tracing::warn!(api_key = "sk-1", count = 3, error, "to http://a:b@c/d?e=f");
        });
    });
    let fields = "api_key=[redacted] count=3 error=no way to postgres://[redacted]@db/x";
    let target = module_path!();
    assert_eq!(
        written,
        format!(
            "  WARN request{{session_id=[redacted] user=\"ada\"}}: {target}: \
             to http://[redacted]@c/d?e=f {fields}\n"
        )
    );
}

/// A value whose formatting fails, panics, never ends or logs.
struct Broken(u8);

impl Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("begun")?;
        match self.0 {
            0 => Err(fmt::Error),
            1 => panic!("Debug is broken"),
            2 => loop {
                f.write_str("endless")?;
            },
            _ => {
                tracing::info!("inner");
                Ok(())
            }
        }
    }
}

impl Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self, f)
    }
}

impl Error for Broken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[test]
fn values_that_cannot_be_shown_cost_their_own_text_only() {
    for kind in 0..4 {
        let written = written(|writer| {
            let layer = PrettyLayer {
                writer,
                colours: false,
            };
            let subscriber = registry().with(layer);
            tracing::subscriber::with_default(subscriber, || {
                let broken = Broken(kind);
                let error: &(dyn Error + 'static) = &broken;
                let fields = tracing::info_span!("outer", ?broken, later = tracing::field::Empty);
                let _span = fields.clone().entered();
                fields.record("later", tracing::field::debug(&broken));
                tracing::info!(?broken, "first {broken}");
                tracing::info!(error, "second");
                tracing::info!(last = 1, "third");
            });
        });
        assert!(written.len() < 16 * MAX_SHOWN, "{}", written.len());
        let mut lines = written.lines().filter(|line| !line.ends_with("inner"));
        for part in ["first begun", "second error=begun", "third last=1"] {
            let line = lines.next().unwrap_or_default();
            assert!(
                line.starts_with("  INFO outer{broken=begun"),
                "{kind}: {line:.100}"
            );
            assert!(line.contains(part), "{kind}: {part}");
        }
        assert_eq!(lines.next(), None, "{kind}");
    }
}

#[derive(Debug)]
struct Link(&'static str, Option<Box<Self>>);

impl Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|error| error as _)
    }
}

#[test]
fn both_formats_show_the_sources_of_errors_once() {
    let chain = |texts: [&'static str; 3]| {
        let mut texts = texts.into_iter().rev();
        let innermost = texts.next().map(|text| Link(text, None));
        texts.fold(innermost.expect("three"), |inner, text| {
            Link(text, Some(Box::new(inner)))
        })
    };
    let log = || {
        let (plain, nested) = (
            chain(["cannot save", "broken pipe", "disk full"]),
            chain(["load: db: gone", "db: gone", "gone"]),
        );
        let error: &(dyn Error + 'static) = &plain;
        let err: &(dyn Error + 'static) = &nested;
        tracing::info_span!("outer", err).in_scope(|| tracing::info!(error, "saving"));
    };
    let pretty = written(|writer| {
        let layer = PrettyLayer {
            writer,
            colours: false,
        };
        tracing::subscriber::with_default(registry().with(layer), log);
    });
    let json = whole(|writer| {
        let layer = crate::logs::json_layer(move || writer.clone());
        tracing::subscriber::with_default(registry().with(layer), log);
    });
    for line in [&pretty, &json] {
        for text in ["cannot save", "broken pipe", "disk full", "load: db: gone"] {
            assert_eq!(line.matches(text).count(), 1, "{text} in {line}");
        }
        assert_eq!(line.matches("gone").count(), 1, "{line}");
    }
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let sources = serde_json::json!(["broken pipe", "disk full"]);
    assert_eq!(json["fields"]["error.sources"], sources);
    assert_eq!(json["spans"][0]["err"], "load: db: gone");
    assert!(pretty.contains("error=cannot save error.sources=[broken pipe, disk full]"));
}

#[test]
fn lines_are_those_of_tracing_subscriber() {
    let log = || {
        let span = tracing::info_span!("outer", a = 1, b = "x");
        span.in_scope(|| {
            tracing::info_span!("bare").in_scope(|| tracing::error!(c = ?Some(2), "said"));
            tracing::debug!(d = 0.5, "said");
        });
        tracing::warn!(name = %"shown", "said {}", 1);
        tracing::trace!(only = true);
    };
    for colours in [false, true] {
        let ours = written(|writer| {
            let layer = PrettyLayer { writer, colours };
            tracing::subscriber::with_default(registry().with(layer), log);
        });
        let theirs = whole(|writer| {
            let layer = tracing_subscriber::fmt::layer().with_ansi(colours);
            let layer = layer.with_writer(move || writer.clone());
            tracing::subscriber::with_default(registry().with(layer), log);
        });
        assert_eq!(ours, without_times(&theirs));
    }
}

/// Lines from behind the time on.
fn without_times(lines: &str) -> String {
    let behind = |line: &str| {
        let end = line.find('Z').expect("a time") + 1;
        let reset = line[end..].strip_prefix("\u{1b}[0m");
        reset.unwrap_or(&line[end..]).to_owned() + "\n"
    };
    lines.lines().map(behind).collect()
}

fn written(log: impl FnOnce(Pieces)) -> String {
    without_times(&whole(log))
}

fn whole(log: impl FnOnce(Pieces)) -> String {
    let pieces = Pieces::default();
    log(pieces.clone());
    let bytes = pieces.0.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("UTF-8")
}

#[derive(Clone, Default)]
struct Pieces(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl io::Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(piece);
        Ok(piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Pieces {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}
