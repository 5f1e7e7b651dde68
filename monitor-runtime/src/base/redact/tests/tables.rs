//! Texts as other people's libraries, databases and servers write them, one a line; `⏎` stands for a line break.

use super::super::{hidden, without_secrets};

fn texts(table: &str) -> impl Iterator<Item = String> {
    table.lines().map(|line| line.replace('⏎', "\n"))
}

#[test]
fn no_notation_shows_its_secret() {
    for text in texts(include_str!("hidden.txt")) {
        assert!(text.contains("s3cr3t"), "{text} has a secret");
        let shown = without_secrets(text.clone());
        assert!(!shown.contains("s3cr3t"), "{text} is {shown}");
        assert_eq!(without_secrets(shown.clone()), shown, "once is enough");
    }
}

#[test]
fn texts_about_secrets_stay_as_they_are() {
    for text in texts(include_str!("shown.txt")) {
        assert_eq!(hidden(&text), None, "{text}");
    }
}
