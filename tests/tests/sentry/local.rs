//! The example that prints what Sentry would get.

use std::process::Stdio;

use monitor_tests::process::{Sentry, command, example};

fn printed(env: &[(&str, &str)]) -> String {
    let mut program = command(&example("sentry_local"), env);
    let output = program.stdout(Stdio::piped()).stderr(Stdio::null());
    let output = output.output().expect("it starts");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn without_a_dsn_it_prints_every_event() {
    let printed = printed(&[]);
    let expected = [
        "ERROR PaymentError: the bank does not answer",
        "caused by    Kind: connection refused",
        "path         checkout > charge",
        "fields       card=[redacted]",
        "bank=first error_class=BankDown function=charge",
        "fingerprint  sentry_local, charge, BankDown",
        "breadcrumb   checking out order=7 password=[redacted]",
        "FATAL panic: this is what a bug looks like",
        "ERROR String: job 0 cannot be read",
        "... and 9 more like it",
        "ERROR an ERROR line of the service is an event too",
        "fields       shelf=3",
        "WARNING poll_queue: 990 more events",
        "\n14 events\n",
    ];
    let mut rest = printed.as_str();
    for part in expected {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("{part:?} is missing, or not in its place:\n{printed}");
        };
        rest = after;
    }
    assert!(!printed.contains("declined"), "it was expected:\n{printed}");
    let places = printed.lines().filter(|line| line.starts_with("  at  "));
    let known = |place: &str| place.contains("sentry_local.rs:");
    // Events of the payment, the panic, the job, the ERROR line, and the summary of jobs.
    assert_eq!(places.filter(|place| known(place)).count(), 5, "{printed}");
}

#[test]
fn with_a_dsn_events_go_there() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    assert_eq!(printed(&[("SENTRY_DSN", &dsn)]), "sent to SENTRY_DSN\n");
    assert_eq!(sentry.events().len(), 14);
}
