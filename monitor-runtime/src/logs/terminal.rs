//! Pretty lines in which no value can begin a line of its own, or control the terminal.

use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::base::escape::is_unseen;

/// The start of a line that continues a value after its line break. No event begins like that.
const GOES_ON: &str = "\n    | ";

/// A writer of coloured lines, each passed on in one piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SanitizingWriter<W>(pub(crate) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for SanitizingWriter<W> {
    type Writer = SanitizingWriter<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        SanitizingWriter(self.0.make_writer())
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Self::Writer {
        SanitizingWriter(self.0.make_writer_for(metadata))
    }
}

impl<W: Write> Write for SanitizingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match tamed(line) {
            Some(tamed) => self.0.write_all(&tamed)?,
            None => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the line without characters that would make it more than one; `None` if it has none of
/// them.
///
/// Escape sequences stay: the format has escaped those of values, and the rest are its own colours.
fn tamed(line: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(line);
    let inside = text.strip_suffix('\n').unwrap_or(&text);
    let wild = |c: char| is_unseen(c) && c != '\u{1b}' && c != '\t';
    if !inside.contains(wild) {
        return None;
    }
    let mut tamed = String::with_capacity(line.len() + 64);
    for c in inside.chars() {
        match c {
            '\n' => tamed.push_str(GOES_ON),
            c if wild(c) => tamed.extend(c.escape_default()),
            c => tamed.push(c),
        }
    }
    tamed.push_str(&text[inside.len()..]);
    Some(tamed.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_begins_no_line_and_reorders_none() {
        let colours = "\u{1b}[2m12:00\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m fine\tübel\n";
        assert_eq!(tamed(colours.as_bytes()), None);
        let wild = "12:00 INFO a\r\n12:00 ERROR forged \u{202e}\u{85}b\n";
        let tamed = tamed(wild.as_bytes()).expect("it was not");
        let expected = "12:00 INFO a\\r\n    | 12:00 ERROR forged \\u{202e}\\u{85}b\n";
        assert_eq!(String::from_utf8(tamed).expect("UTF-8"), expected);
    }
}
