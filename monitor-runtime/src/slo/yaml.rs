//! Prints rules as YAML 1.2 that YAML 1.1 reads the same way.
//!
//! Text is quoted, with everything escaped that is not visible ASCII or a letter. Text with several
//! lines of visible ASCII is a literal block. Nothing in a text can end it early.

use std::fmt::Write as _;

/// A part of a document.
pub(super) enum Yaml {
    Text(String),
    List(Vec<Yaml>),
    /// A map in this order; keys are letters, digits and `_`.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Self {
        Self::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// Returns the document.
    pub(super) fn print(&self) -> String {
        let mut out = String::new();
        self.block(&mut out, 0);
        out
    }

    /// Prints from the start of a line, or behind the dash of a list.
    fn block(&self, out: &mut String, depth: usize) {
        match self {
            Self::Text(text) => scalar(out, text, depth),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    indent(out, if index == 0 { 0 } else { depth });
                    out.push_str("- ");
                    item.block(out, depth + 1);
                }
            }
            Self::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    indent(out, if index == 0 { 0 } else { depth });
                    if is_word(key) {
                        quoted(out, key);
                    } else {
                        out.push_str(key);
                    }
                    out.push(':');
                    value.behind_key(out, depth + 1);
                }
            }
        }
    }

    fn behind_key(&self, out: &mut String, depth: usize) {
        match self {
            Self::Text(text) => {
                out.push(' ');
                scalar(out, text, depth);
            }
            Self::List(items) if items.is_empty() => out.push_str(" []\n"),
            Self::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
            Self::List(_) | Self::Map(_) => {
                out.push('\n');
                indent(out, depth);
                self.block(out, depth);
            }
        }
    }
}

/// Returns `true` for a key that a YAML 1.1 parser does not read as text:
/// <https://yaml.org/type/bool.html>.
fn is_word(key: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    words.iter().any(|word| word.eq_ignore_ascii_case(key))
}

fn indent(out: &mut String, depth: usize) {
    out.push_str(&"  ".repeat(depth));
}

fn scalar(out: &mut String, text: &str, depth: usize) {
    let visible = |line: &str| {
        let ends = line.starts_with(' ') || line.ends_with(' ');
        !line.is_empty() && !ends && line.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    if text.contains('\n') && text.split('\n').all(visible) {
        out.push_str("|-\n");
        for line in text.split('\n') {
            indent(out, depth);
            out.push_str(line);
            out.push('\n');
        }
    } else {
        quoted(out, text);
        out.push('\n');
    }
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(character),
            _ if character.is_alphanumeric() => out.push(character),
            _ => {
                let _ = match u32::from(character) {
                    code @ ..=0xffff => write!(out, "\\u{code:04X}"),
                    code => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document() {
        let rule = |expr: &str| Yaml::map([("expr", Yaml::text(expr)), ("labels", Yaml::map([]))]);
        let group = Yaml::map([
            ("name", Yaml::text("a: b")),
            ("rules", Yaml::List(vec![rule("x\n> y"), rule("z")])),
        ]);
        let document = Yaml::map([("groups", Yaml::List(vec![group]))]);
        let expected = "groups:\n  - name: \"a: b\"\n    rules:\n      - expr: |-\n          x\n          > y\n        labels: {}\n      - expr: \"z\"\n        labels: {}\n";
        assert_eq!(document.print(), expected);
    }

    #[test]
    fn nothing_ends_a_text_early() {
        let print = |text: &str| Yaml::text(text).print();
        assert_eq!(print("a\"b\\c"), "\"a\\\"b\\\\c\"\n");
        assert_eq!(print("é ü\n日"), "\"é ü\\n日\"\n");
        assert_eq!(
            print("\u{85}\u{2028}\r\t\u{7f}\u{0}"),
            "\"\\u0085\\u2028\\u000D\\u0009\\u007F\\u0000\"\n"
        );
        assert_eq!(print("😀"), "\"\\U0001F600\"\n");
        assert_eq!(print("a\n\u{85}"), "\"a\\n\\u0085\"\n");
        assert_eq!(print("a\n b"), "\"a\\n b\"\n");
        assert_eq!(print("a\n"), "\"a\\n\"\n");
        assert_eq!(print(""), "\"\"\n");
    }
}
