//! Secrets in the forms in which texts hold them, and code that puts a text wherever a text can go.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use monitor_runtime::monitored;
use sentry::protocol::{Context, Map, Request, User};
use sentry::{Breadcrumb, Level};

/// In every secret, and nowhere else.
pub const LEAK: &str = "hunter2";

/// Returns texts with a secret, each in another form.
pub fn forms() -> Vec<String> {
    let odd = [
        "",
        "/",
        "#",
        "?",
        "\\",
        "'",
        "\"",
        "<",
        ">",
        " ",
        "@",
        ":",
        "//",
        "p@s/s#w?o\\r'd\"<> x",
    ];
    let passwords = odd
        .iter()
        .flat_map(|odd| [format!("a{odd}{LEAK}"), format!("{LEAK}{odd}a")]);
    let urls = passwords.map(|password| format!("postgres://app:{password}@db:5432/orders"));
    let others = [
        "https://public:•@sentry.example/1",
        "https://•@sentry.example/1",
        "redis://:•@cache:6379/0",
        "amqp://app:•@rabbit1:5672,rabbit2:5672",
        "mongodb://app:•@h1:27017,h2:27017/db?replicaSet=a",
        "jdbc:mysql://app:•@h1:3306,h2:3306/db",
        "jdbc:postgresql://db/orders?user=app&password=•",
        "jdbc:sqlserver://db:1433;user=sa;password=•;encrypt=true",
        "jdbc:oracle:thin:scott/•@db:1521:orcl",
        "app:•@tcp(db:3306)/orders",
        "host=db user=app password=• dbname=orders",
        "Server=db;User Id=sa;Password=•;",
        "GET http://host/a?token=•&page=2",
        "GET /a?page=2&api_key=•",
        "http://host/cb#access_token=•",
        "/a?password=•",
        "https://blob.example/a?sv=2&sig=•",
        "Authorization: Bearer •",
        "Authorization: Basic •==",
        "with Bearer •",
        "password=•",
        "the password: •",
        "the password is •",
        "mysql --password • -h db",
        r#"["--db-password", "•"]"#,
        r#"{:password => "•", :page => 2}"#,
        "curl -u ada:• http://host",
        "X-Api-Key: •",
        r#"{"user":"ada","password":"•"}"#,
        r#"{"credentials":{"user":"ada","key":"•"}}"#,
        r#"Login { user: "ada", password: "•" }"#,
        r#"Login { user: "ada", token: Some("•") }"#,
        r#"body "{\"secret\":\"•\"}""#,
        "<password>•</password>",
        r#"<wsse:Password Type="x">•</wsse:Password>"#,
        "<secret><![CDATA[•]]></secret>",
        "ALTER USER ada PASSWORD '•'",
        r#"{"name":"DB_PASSWORD","value":"•"}"#,
        "DB_PASS=•",
    ];
    urls.chain(others.map(|form| form.replace('•', LEAK)))
        .collect()
}

/// Returns a text around a form; its mark shows that it has arrived.
pub fn text(number: usize) -> String {
    format!("MARK{number}. cannot reach {} now", forms()[number])
}

#[derive(Debug)]
struct Failure {
    text: String,
    source: Option<Box<Failure>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn Error + 'static))
    }
}

fn failure(text: &str) -> Failure {
    let source = Failure {
        text: text.to_owned(),
        source: None,
    };
    Failure {
        text: format!("outer: {text}"),
        source: Some(source.into()),
    }
}

#[monitored(
    args(text),
    fields(shown = %text, debug = ?text),
    labels(region = bounded(text, max = 200)),
    sentry(throttle = false, tags(about = text), fingerprint = [text])
)]
fn fails(text: &str) -> Result<(), Failure> {
    Err(failure(text))
}

#[monitored(err(Debug), sentry(throttle = false))]
fn fails_in_debug(text: &str) -> Result<(), Failure> {
    Err(failure(text))
}

#[monitored(ret)]
fn returns(text: &str) -> String {
    text.to_owned()
}

#[monitored(sentry(throttle = false))]
fn panics(text: &str) {
    panic!("{text}");
}

/// Puts a text into the log, into errors, panics and labels, and into everything that Sentry
/// accepts.
pub fn tell(text: &str) {
    let value = || serde_json::json!({"about": [text], "password": text});
    let data = || Map::from([("about".to_owned(), value())]);
    sentry::add_breadcrumb(Breadcrumb {
        message: Some(text.to_owned()),
        data: data(),
        ..Breadcrumb::default()
    });
    sentry::configure_scope(|scope| {
        scope.set_tag("about", text);
        scope.set_extra("about", value());
        scope.set_context("about", Context::Other(data()));
        scope.set_user(Some(User {
            username: Some(text.to_owned()),
            other: data(),
            ..User::default()
        }));
        let (query, body) = (text.to_owned(), text.to_owned());
        scope.add_event_processor(move |mut event| {
            event.request = Some(Request {
                url: "https://me:hunter2@host/a?token=hunter2".parse().ok(),
                query_string: Some(query.clone()),
                cookies: Some(body.clone()),
                data: Some(body.clone()),
                headers: Map::from([("x-about".to_owned(), body.clone())]),
                env: Map::from([("PASSWORD".to_owned(), body.clone())]),
                ..Request::default()
            });
            Some(event)
        });
        if let Some(span) = scope.get_span() {
            span.set_data("about", value());
            span.set_tag("about", text);
            let child = span.start_child("about", text);
            child.set_data("about", value());
            child.finish();
        }
    });
    let span = tracing::info_span!("inside", about = text, shown = %text, debug = ?text);
    let _inside = span.enter();
    let _ = fails(text);
    let _ = fails_in_debug(text);
    let _ = returns(text);
    let _ = catch_unwind(AssertUnwindSafe(|| panics(text)));
    let error = failure(text);
    // The request has failed, so the log shows these late.
    tracing::debug!(about = text, shown = %text, debug = ?text, password = text, "{text}");
    tracing::debug!(error = &error as &dyn Error, "late");
    log::debug!("{text}");
    tracing::error!(about = text, shown = %text, debug = ?text, "{text}");
    tracing::error!(error = &error as &dyn Error, "broken");
    log::error!("{text}");
    sentry::capture_message(text, Level::Error);
    sentry::capture_error(&error);
}
