//! The pretty format's fields: `tracing-subscriber`'s own, without secrets and commands of terminals.

use std::error::Error;
use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};

use crate::redact::{HIDDEN, hidden, is_secret_field, without_secrets};
use crate::unseen::spelled_out;

/// An error whose sources bite their tail has no end.
const MAX_LINKS: usize = 16;

/// Writes fields as `fmt::layer()` does.
#[derive(Debug)]
pub(crate) struct PrettyFields;

impl<'w> FormatFields<'w> for PrettyFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Hiding(DefaultVisitor::new(writer, true));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct Hiding<'w>(DefaultVisitor<'w>);

impl Hiding<'_> {
    /// `true` for a field whose value must not be seen; it is written without it.
    fn hides(&mut self, field: &Field) -> bool {
        let hides = is_secret_field(field.name());
        if hides {
            self.0.record_debug(field, &format_args!("{HIDDEN}"));
        }
        hides
    }
}

impl Visit for Hiding<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.hides(field) {
            let text = without_secrets(format!("{value:?}"));
            // The format below spells out escapes of the message and of errors only.
            let text = spelled_out(&text);
            self.0.record_debug(field, &format_args!("{text}"));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.hides(field) {
            self.0.record_str(field, &without_secrets(value.to_owned()));
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if self.hides(field) {
            return;
        }
        let mut text = value.to_string();
        let mut source = value.source();
        for _ in 0..MAX_LINKS {
            let Some(error) = source else { break };
            text = format!("{text}: {error}");
            source = error.source();
        }
        match hidden(&text) {
            Some(text) => self.0.record_debug(field, &format_args!("{text}")),
            None => self.0.record_error(field, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry;

    use super::*;

    #[test]
    fn lines_are_those_of_the_format_without_secrets() {
        let written = written(|writer| {
            let layer = layer()
                .fmt_fields(PrettyFields)
                .without_time()
                .with_ansi(false);
            let subscriber = registry().with(layer.with_writer(writer));
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
                " WARN request{{session_id=[redacted] user=\"ada\"}}: {target}: \
                 to http://[redacted]@c/d?e=f {fields}\n"
            )
        );
    }

    fn written(log: impl FnOnce(Pieces)) -> String {
        let pieces = Pieces::default();
        log(pieces.clone());
        let bytes = pieces.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[derive(Clone, Default)]
    struct Pieces(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl io::Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("nobody panicked")
                .extend_from_slice(piece);
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
}
