//! Text in lines of either format; see `crate::fuzzing`.

use std::io::Write;

use super::json_text::{push_shown, push_str};
use super::terminal::SanitizingWriter;
use crate::base::escape::is_unseen;
use crate::fuzzing::text;

pub(crate) fn lines(input: &[u8]) {
    let given = text(input);
    let (mut quoted, mut shown) = (Vec::new(), Vec::new());
    push_str(&mut quoted, &given);
    push_shown(&mut shown, format_args!("{given}"));
    assert_eq!(quoted, shown);
    let quoted = String::from_utf8(quoted).expect("UTF-8");
    assert!(!quoted.contains(is_unseen), "{quoted:?}");
    assert_eq!(
        serde_json::from_str::<String>(&quoted).expect("JSON"),
        given
    );

    let mut written = Vec::new();
    SanitizingWriter(&mut written)
        .write_all(format!("12:00 {given}\n").as_bytes())
        .expect("a Vec takes all");
    let written = String::from_utf8(written).expect("UTF-8");
    let mut lines = written.split_terminator('\n');
    assert!(lines.next().is_some_and(|line| line.starts_with("12:00 ")));
    assert!(lines.all(|line| line.starts_with("    | ")), "{written:?}");
}
