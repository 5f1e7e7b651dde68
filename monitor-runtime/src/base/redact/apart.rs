//! Finds values that stand apart from their name, in either order: `{"value":"abc","name":"DB_PASSWORD"}`,
//! `<add key="password" value="abc"/>`, `Token { value: "abc" }`.
//!
//! The text is read once with a stack of its open brackets. Each bracket keeps the values in it until
//! it closes. By then its type or a member has told whether they are secrets.

use std::ops::Range;

use super::is_secret;
use super::member::{
    MAX_MEMBER_BYTES, Role, bracket_of, end_of_text, is_telling, says_something, tag,
};
use super::name::{telling_name, wrappers};
use super::notation::{quoted, spaces};
use super::prose::is_error;
use super::text::{before_quote, end_of_value, word_before};

/// The most brackets that are examined for the one that a closing bracket ends.
const MAX_UNCLOSED: usize = 8;

/// The most open brackets that are kept apart.
const MAX_DEPTH: usize = 128;

/// Members read so far of one pair of brackets, or of the text outside of all.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold"
)]
struct Frame {
    open: u8,
    start: usize,
    /// A member names a secret.
    is_telling: bool,
    /// A sentence around it began with the name of a secret.
    is_mentioned: bool,
    /// The type in front of the bracket is that of a secret.
    is_secret_type: bool,
    is_session: bool,
    is_of_a_parser: bool,
    /// The position at which the value begins that this bracket is, in the bracket around it.
    as_value: Option<usize>,
    values: Vec<Range<usize>>,
    insides: Vec<Range<usize>>,
}

impl Frame {
    fn finish(self, ranges: &mut Vec<Range<usize>>) {
        if self.is_telling || self.is_mentioned {
            ranges.extend(self.values);
        }
        if self.is_secret_type && !self.is_of_a_parser {
            ranges.extend(self.insides);
        }
    }
}

/// Finds values whose name is another member of the same brackets, line or element.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let mut search = Search {
        text,
        bytes: text.as_bytes(),
        outside: Frame::default(),
        open: Vec::new(),
        ranges,
    };
    let mut at = 0;
    while at < text.len() {
        at = search.step(at);
    }
    while let Some(frame) = search.open.pop() {
        search.close(frame, text.len());
    }
    search.outside.finish(ranges);
}

struct Search<'t> {
    text: &'t str,
    bytes: &'t [u8],
    outside: Frame,
    open: Vec<Frame>,
    ranges: &'t mut Vec<Range<usize>>,
}

impl Search<'_> {
    /// Reads the byte at `at`, and returns the position to go on at.
    fn step(&mut self, at: usize) -> usize {
        let next = self.bytes.get(at + 1).copied();
        match self.bytes[at] {
            b'{' | b'[' | b'(' => self.open_at(at, None),
            b'<' if next.is_some_and(|byte| byte.is_ascii_alphabetic()) => self.open_at(at, None),
            b'<' if next == Some(b'/') => self.end_of_element(at),
            b'}' | b']' | b')' | b'>' => return self.close_at(at),
            b'\n' if self.open.is_empty() => self.end_of_line(at),
            b':' | b'=' if !matches!(next, Some(b':' | b'=' | b'/')) => return self.member(at),
            b'"' => return end_of_text(self.text, at),
            _ => {}
        }
        at + 1
    }

    fn frame(&mut self) -> &mut Frame {
        self.open.last_mut().unwrap_or(&mut self.outside)
    }

    fn open_at(&mut self, at: usize, as_value: Option<usize>) {
        if self.open.len() == MAX_DEPTH {
            return;
        }
        let open = self.bytes[at];
        let name = match open {
            b'<' => tag(self.text, at + 1),
            _ => word_before(
                self.bytes,
                at - usize::from(open == b'{' && self.bytes[..at].ends_with(b" ")),
            ),
        };
        let is_type = (open == b'<' || name.starts_with(|c: char| c.is_ascii_uppercase()))
            && is_secret(name)
            && !is_error(name);
        let around = self.open.last().unwrap_or(&self.outside);
        let inherits = around.open == b'(' && around.is_secret_type;
        let frame = Frame {
            open,
            start: at,
            is_mentioned: around.is_mentioned,
            is_secret_type: is_type || inherits,
            is_session: name.ends_with("Session"),
            as_value,
            ..Frame::default()
        };
        self.open.push(frame);
    }

    fn close_at(&mut self, at: usize) -> usize {
        let open = match self.bytes[at] {
            b'}' => b'{',
            b']' => b'[',
            b')' => b'(',
            _ => b'<',
        };
        let near = self.open.iter().rev().take(MAX_UNCLOSED);
        let (mut is_telling, mut start) = (false, at);
        let Some(place) = near.map(|frame| frame.open).position(|found| found == open) else {
            return at + 1;
        };
        for _ in 0..=place {
            if let Some(frame) = self.open.pop() {
                (is_telling, start) = (frame.is_telling, frame.start);
                self.close(frame, at + 1);
            }
        }
        if open == b'<' {
            let has_text = is_telling && self.bytes[at - 1] != b'/';
            self.element(at, has_text.then_some(start + 1))
        } else {
            at + 1
        }
    }

    fn close(&mut self, frame: Frame, end: usize) {
        if let Some(start) = frame.as_value {
            let around = self.frame();
            around.values.push(start..end);
            around.insides.push(start..end);
        }
        frame.finish(self.ranges);
    }

    /// Ends an item of a list or a paragraph at the line break at `at`.
    fn end_of_line(&mut self, at: usize) {
        let next = &self.bytes[at + 1..];
        let next = &next[spaces(next)..];
        self.outside.is_mentioned = false;
        if next.first().is_none_or(|byte| b"-\n".contains(byte)) {
            std::mem::take(&mut self.outside).finish(self.ranges);
        }
    }

    /// Reads the member before the separator at `at`, and its value.
    fn member(&mut self, at: usize) -> usize {
        let blank = self.bytes[..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b' ')
            .take(MAX_MEMBER_BYTES)
            .count();
        let name = word_before(self.bytes, before_quote(self.bytes, at - blank));
        let role = Role::of_member(name);
        let start = at + 1 + usize::from(self.bytes[at + 1..].starts_with(b">"));
        let start = start
            + self.bytes[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
        let frame = self.frame();
        frame.is_of_a_parser |= role.is_of_a_parser;
        let is_inside = role.is_inside || (name == "id" && frame.is_session);
        if role.is_value || (frame.is_secret_type && is_inside) {
            return self.value(start, role.is_value);
        }
        if role.is_label {
            let is_telling = is_telling(self.text, start);
            self.frame().is_telling |= is_telling;
        } else if self.open.is_empty()
            && says_something(self.text, start)
            && telling_name(self.text, at - blank).is_some()
        {
            // `password: Validation error: length [{"value": "abc"}]`
            self.outside.is_mentioned = true;
        }
        at + 1
    }

    /// Keeps the value that begins at `start`, and returns the position to go on at.
    fn value(&mut self, start: usize, is_value: bool) -> usize {
        let wrapped = start + wrappers(&self.bytes[start..]);
        let range = match quoted(self.bytes, wrapped) {
            Some(range) => range,
            None => match bracket_of(self.text, start) {
                Some(open) => {
                    self.open_at(open, Some(start));
                    return open + 1;
                }
                None => start..end_of_value(self.bytes, start),
            },
        };
        let end = range.end.max(start);
        let nothing = ["None", "null", "true", "false"];
        let is_shown = nothing.contains(&&self.text[range.clone()]);
        let has_letters = self.text[range.clone()].contains(|c: char| c.is_alphanumeric());
        if !is_shown && has_letters {
            let frame = self.frame();
            if is_value {
                frame.values.push(range.clone());
            }
            frame.insides.push(range);
        }
        end
    }

    /// Reads the text of an element whose tag ends at `at`: `<name>password</name><value>abc</value>`.
    ///
    /// `named` is the start of its name, if an attribute says that its text is a secret.
    fn element(&mut self, at: usize, named: Option<usize>) -> usize {
        let has_text = named.is_some_and(|start| Role::is_entry(tag(self.text, start)));
        if has_text {
            let rest = &self.bytes[at + 1..];
            let length = rest
                .iter()
                .position(|byte| *byte == b'<')
                .unwrap_or(rest.len());
            if rest[..length].iter().all(u8::is_ascii_whitespace) {
                self.frame().is_telling = true;
            } else {
                self.ranges.push(at + 1..at + 1 + length);
            }
            return at + 1 + length;
        }
        let tag = word_before(self.bytes, at);
        let role = Role::of_element(tag);
        if self.bytes[..at - tag.len()].last() != Some(&b'<') {
            return at + 1;
        }
        if role.is_label && is_telling(self.text, at + 1) {
            self.frame().is_telling = true;
        } else if role.is_value {
            let rest = &self.bytes[at + 1..];
            let length = rest
                .iter()
                .position(|byte| *byte == b'<')
                .unwrap_or(rest.len());
            if length > 0 {
                self.frame().values.push(at + 1..at + 1 + length);
            }
            return at + 1 + length;
        }
        at + 1
    }

    /// Judges the members of the element that `</` at `at` closes.
    fn end_of_element(&mut self, at: usize) {
        let name = tag(self.text, at + 2);
        let role = Role::of_element(name);
        if !role.is_label && !role.is_value {
            let frame = self.frame();
            let values = std::mem::take(&mut frame.values);
            if std::mem::take(&mut frame.is_telling) {
                self.ranges.extend(values);
            }
        }
    }
}
