//! Shutdowns that meet something: each other, a signal, an exit, a runtime that is gone.

use super::end;

#[test]
fn a_shutdown_that_meets_another_end_closes_once_and_loses_nothing() {
    for (way, code) in [
        ("drop_in_shutdown", 0),
        ("forget_shutdown", 0),
        ("exit_in_shutdown", 3),
        ("term_in_shutdown", 0),
        ("shutdown_in_drain", 0),
        ("drain_and_forget", 0),
        ("drain_in_static", 0),
        ("runtime_dropped", 0),
        ("current_thread", 0),
        ("two_runtimes", 0),
        ("start_again", 0),
    ] {
        let (status, text, events) = end(way, "json");
        assert_eq!(status.code(), Some(code), "{way}: {status}, {text}");
        assert!(text.contains("LASTLINE"), "{way}: {text}");
        assert_eq!(text.matches("before").count(), 200, "{way}: {text}");
        assert_eq!(text.matches("shutdown is done").count(), 1, "{way}: {text}");
        assert_eq!(events, 1, "{way}");
    }
}

#[test]
fn an_end_in_the_middle_of_a_call_is_like_any_other() {
    for (way, code) in [
        ("exit_in_body", Some(4)),
        ("panic_in_drop", Some(101)),
        ("out_of_memory", None),
        ("overflow", None),
    ] {
        let (status, text, events) = end(way, "json");
        assert_eq!(status.code(), code, "{way}: {status}, {text}");
        assert!(text.contains("LASTLINE"), "{way}: {text}");
        assert_eq!(text.matches("before").count(), 200, "{way}: {text}");
        assert!(events >= 1, "{way}: {events} events");
    }
}
