//! Finds logins: the text before the `@` of a URL (RFC 3986, section 3.2.1), or of
//! `user:password@host:port`.
//!
//! A URL is often quoted in an error because its password has a character that should have been
//! encoded. The rules of a valid URL then find the end of the login in the middle of the password.
//! So the last `@` counts that can belong to the URL.

use std::ops::Range;

use super::text::{is_behind_quote, is_quote};

/// Bytes behind a space in which the `@` of a password with spaces is searched, and before an `@`
/// in which a login without a scheme may begin.
const FARTHEST: usize = 256;
/// The most quotes that are examined for the one that ends a URL.
const MAX_QUOTES: usize = 64;

/// The mark at the end of a text that was cut at a bound.
const CUT: &str = "…";

/// Finds the logins of URLs, and logins without a scheme.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    if !text.contains('@') && !text.ends_with(CUT) {
        return;
    }
    let text = Text::new(text.as_bytes());
    let mut from = 0;
    while let Some(start) = text.authority_from(from) {
        let end = text.end_of_login(start);
        ranges.extend(end.map(|end| start..end));
        from = end.unwrap_or(start);
    }
    ranges.extend(text.ats.iter().filter_map(|at| text.bare_login(*at)));
}

/// A text, and the positions of its marks.
struct Text<'t> {
    bytes: &'t [u8],
    ats: Vec<usize>,
    spaces: Vec<usize>,
    /// The positions of quotes that close a quotation.
    quotes: Vec<usize>,
    /// `true` if the text was cut at a bound, so that its end may be in the middle of a secret.
    is_cut: bool,
}

impl<'t> Text<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        let places = |is: fn(&u8) -> bool| {
            let all = bytes.iter().enumerate();
            all.filter(move |(_, byte)| is(byte)).map(|(at, _)| at)
        };
        let closes = |at: &usize| bytes.get(at + 1).is_none_or(is_behind_quote);
        Self {
            bytes,
            ats: places(|byte| *byte == b'@').collect(),
            spaces: places(u8::is_ascii_whitespace).collect(),
            quotes: places(is_quote).filter(closes).collect(),
            is_cut: bytes.ends_with(CUT.as_bytes()),
        }
    }

    /// Returns the position at which the next URL's authority begins.
    fn authority_from(&self, from: usize) -> Option<usize> {
        let rest = &self.bytes[from..];
        let found = rest.windows(3).position(|three| three == b"://");
        found.map(|at| from + at + 3)
    }

    /// Returns the end of the login of the URL whose authority begins at `start`; `None` if it has
    /// none.
    fn end_of_login(&self, start: usize) -> Option<usize> {
        let rest = &self.bytes[start..];
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\\\"'<>`".contains(byte);
        let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        if authority.contains(&b'@') {
            return self.last_at(start);
        }
        // `host:port` has no login, `user:pass/word@host` has one.
        let port = &rest[colon_behind_host(authority)? + 1..];
        let is_web = self.is_web(start);
        match Port::parse(port) {
            Port::Alone => None,
            Port::WithPath if is_web => None,
            Port::WithPath => self.last_at(start),
            // `GET http://host: connection refused`, or a password that begins with a space.
            Port::None if is_web && port.first().is_none_or(u8::is_ascii_whitespace) => {
                self.last_at(self.space_from(start)? + 1)
            }
            Port::None => self.last_at(start).or_else(|| self.at_behind_spaces(start)),
        }
    }

    /// Returns `true` for a URL whose path may contain an `@`, as in URLs of packages and users.
    fn is_web(&self, start: usize) -> bool {
        let before = &self.bytes[..start - 3];
        let is = |scheme: &&[u8]| {
            let start = before.len().saturating_sub(scheme.len());
            before[start..].eq_ignore_ascii_case(scheme)
        };
        [b"http".as_slice(), b"https", b"ws", b"wss"].iter().any(is)
    }

    /// Returns the last `@` of the URL, or of the words right behind it that have one, too.
    fn last_at(&self, start: usize) -> Option<usize> {
        let end = self.end_of_url(start);
        let mut last = self.last_at_in(start..end)?;
        let mut end = self.space_from(start).filter(|space| *space == end);
        while let Some(space) = end.filter(|space| space - start < FARTHEST) {
            end = self.space_from(space + 1);
            let word = space + 1..end.unwrap_or(self.bytes.len());
            let Some(at) = self.last_at_in(word) else {
                break;
            };
            last = at;
        }
        Some(last)
    }

    /// Returns the `@` of a password with spaces, on the same line; the end of a text that was cut
    /// before it.
    fn at_behind_spaces(&self, start: usize) -> Option<usize> {
        let near = &self.bytes[start..self.bytes.len().min(start + FARTHEST)];
        let line = near.iter().position(|byte| *byte == b'\n');
        let end = start + line.unwrap_or(near.len());
        let next = self.ats[self.ats.partition_point(|at| *at < start)..].first();
        match next.filter(|at| **at < end) {
            Some(at) => self.last_at(*at),
            None if self.is_cut && end == self.bytes.len() => Some(end - CUT.len()),
            None => None,
        }
    }

    fn last_at_in(&self, range: Range<usize>) -> Option<usize> {
        let before = &self.ats[..self.ats.partition_point(|at| *at < range.end)];
        before.last().copied().filter(|at| *at >= range.start)
    }

    fn space_from(&self, from: usize) -> Option<usize> {
        let place = self.spaces.partition_point(|space| *space < from);
        self.spaces.get(place).copied()
    }

    /// Returns the end of the word that the URL is, or of the quotes around the URL.
    fn end_of_url(&self, start: usize) -> usize {
        let end = self.space_from(start).unwrap_or(self.bytes.len());
        let scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.:/".contains(byte);
        let before = self.bytes[..start].iter().rev().take(FARTHEST);
        let Some(quote) = before.copied().find(|byte| !scheme(byte)).filter(is_quote) else {
            return end;
        };
        let place = self.quotes.partition_point(|quote| *quote < start);
        let mut quotes = self.quotes[place..].iter().take(MAX_QUOTES);
        let closing = quotes.find(|at| self.bytes[**at] == quote);
        // A quote with no `@` before it is part of the password, and does not end the URL.
        let closing = closing.filter(|at| self.last_at_in(start..**at).is_some());
        closing.map_or(end, |at| end.min(*at))
    }

    /// Returns the login before an `@` that stands before a host with a port or a path:
    /// `app:pw@tcp(db:3306)`, `me:pw@proxy:3128`, `app:pw@db/orders`.
    fn bare_login(&self, at: usize) -> Option<Range<usize>> {
        let host = self.bytes[at + 1..]
            .strip_prefix(b"//")
            .unwrap_or(&self.bytes[at + 1..]);
        let of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
        let length = host
            .iter()
            .take(FARTHEST)
            .position(|byte| !of_a_name(byte))?;
        let port = &host[length + 1..];
        let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_port = (1..=5).contains(&digits)
            && port
                .get(digits)
                .is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let is_host = b"(/".contains(&host[length]) || (host[length] == b':' && is_port);
        if length == 0 || !is_host {
            return None;
        }
        let from = at.saturating_sub(FARTHEST);
        let space = self.bytes[from..at]
            .iter()
            .rposition(u8::is_ascii_whitespace);
        let start = space.map_or(from, |space| from + space + 1);
        let left = &self.bytes[start..at];
        let colon = left.iter().position(|byte| *byte == b':')?;
        let delimits = |byte: &u8| is_quote(byte) || b"=,([{<".contains(byte);
        let user = left[..colon]
            .iter()
            .rposition(delimits)
            .map_or(0, |delimiter| delimiter + 1);
        let is_url = left.windows(3).any(|three| three == b"://");
        (colon + 1 < left.len() && !is_url).then_some(start + user..at)
    }
}

/// The text behind the colon of an authority.
enum Port {
    /// Not a port.
    None,
    Alone,
    WithPath,
}

impl Port {
    fn parse(text: &[u8]) -> Self {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut behind = text[digits..].iter();
        match (digits, behind.next(), behind.next()) {
            (1..=5, None, _) => Self::Alone,
            (1..=5, Some(b'/' | b'?' | b'#'), _) => Self::WithPath,
            (1..=5, Some(first), second) => {
                let is_alone = first.is_ascii_whitespace()
                    || is_behind_quote(first)
                    || (is_quote(first) && second.is_none_or(is_behind_quote));
                let is_end = second.is_none_or(|second| !second.is_ascii_alphanumeric());
                if is_alone && is_end {
                    Self::Alone
                } else {
                    Self::None
                }
            }
            _ => Self::None,
        }
    }
}

/// Returns the first colon that is not one of an IPv6 address.
fn colon_behind_host(authority: &[u8]) -> Option<usize> {
    let host = match authority.first() {
        Some(b'[') => authority.iter().position(|byte| *byte == b']')?,
        _ => 0,
    };
    let colon = authority[host..].iter().position(|byte| *byte == b':');
    colon.map(|colon| host + colon)
}
