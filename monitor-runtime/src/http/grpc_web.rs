//! Reads the trailers of gRPC-Web, which are the last frame of the body:
//!
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md>.

use crate::base::status::Grpc;

/// The flag of a frame that holds trailers rather than a message.
const TRAILERS: u8 = 0x80;
/// Bytes of trailers that are kept; anything behind them is not read.
const MAX_TRAILERS: usize = 8 * 1024;

/// Reads a body as it passes, for the status in its last frame.
pub(super) struct Trailers {
    /// The letters of a base64 body that do not make a whole group yet.
    text: Option<Vec<u8>>,
    /// The head of a frame: a flag, and the length of what follows.
    head: [u8; 5],
    known: usize,
    left: usize,
    kept: Vec<u8>,
}

impl Trailers {
    /// Creates a reader; `text` is `true` for a body in base64.
    pub(super) fn new(text: bool) -> Self {
        Self {
            text: text.then(Vec::new),
            head: [0; 5],
            known: 0,
            left: 0,
            kept: Vec::new(),
        }
    }

    /// Reads a piece of the body. Returns the status once it has arrived.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<&'static Grpc> {
        let Some(mut group) = self.text.take() else {
            return self.frames(bytes);
        };
        let mut plain = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
        for letter in bytes.iter().filter(|letter| !letter.is_ascii_whitespace()) {
            group.push(*letter);
            if group.len() == 4 {
                decode(&group, &mut plain);
                group.clear();
            }
        }
        self.text = Some(group);
        self.frames(&plain)
    }

    fn frames(&mut self, mut bytes: &[u8]) -> Option<&'static Grpc> {
        let mut found = None;
        while !bytes.is_empty() {
            if self.known < self.head.len() {
                let wanted = (self.head.len() - self.known).min(bytes.len());
                let (head, rest) = bytes.split_at(wanted);
                self.head[self.known..self.known + wanted].copy_from_slice(head);
                self.known += wanted;
                bytes = rest;
                if self.known < self.head.len() {
                    break;
                }
                let [_, length @ ..] = self.head;
                self.left = u32::from_be_bytes(length) as usize;
                self.kept.clear();
            }
            let (piece, rest) = bytes.split_at(self.left.min(bytes.len()));
            bytes = rest;
            self.left -= piece.len();
            let is_trailers = self.head[0] & TRAILERS != 0;
            if is_trailers {
                let room = MAX_TRAILERS.saturating_sub(self.kept.len());
                self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            if self.left == 0 {
                self.known = 0;
                if is_trailers {
                    found = status(&self.kept).or(found);
                }
            }
        }
        found
    }
}

/// Reads `grpc-status: 13` from lines as HTTP/1.1 has them.
fn status(trailers: &[u8]) -> Option<&'static Grpc> {
    let mut lines = trailers.split(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let is_status = name.trim_ascii().eq_ignore_ascii_case(b"grpc-status");
        is_status.then(|| Grpc::parse(value[1..].trim_ascii()))
    })
}

/// Decodes four letters of base64 (RFC 4648). A letter outside the alphabet, such as padding, ends
/// the group. The next group then begins another text, because each piece of a body may be encoded
/// separately.
fn decode(group: &[u8], plain: &mut Vec<u8>) {
    let bits = |letter: &u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let known: Vec<u32> = group.iter().map_while(bits).map(u32::from).collect();
    let word = known.iter().fold(0, |word, bits| word << 6 | bits) << (6 * (4 - known.len()));
    // Six bits a letter: two letters make one byte, three make two, four make three.
    plain.extend_from_slice(&word.to_be_bytes()[1..][..known.len().saturating_sub(1)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"\0\0\0\0\x03abc";
    const INTERNAL: &[u8] = b"\x80\0\0\0\x10grpc-status:13\r\n";

    #[test]
    fn the_last_frame_has_the_status_however_the_body_is_cut() {
        let body = [MESSAGE, b"\0\0\0\0\0", MESSAGE, INTERNAL].concat();
        for size in 1..=body.len() {
            let mut trailers = Trailers::new(false);
            let found = body.chunks(size).filter_map(|piece| trailers.read(piece));
            assert_eq!(
                found.last().map(|code| code.name),
                Some("INTERNAL"),
                "{size}"
            );
        }
        let mut trailers = Trailers::new(false);
        assert!(trailers.read(MESSAGE).is_none());
        assert!(trailers.read(&INTERNAL[..20]).is_none());
    }

    #[test]
    fn a_body_in_base64_is_decoded_with_padding_in_between() {
        // Each frame was encoded separately.
        let body = b"AAAAAANhYmM=gAAAABBncnBjLXN0YXR1czoxMw0K";
        for size in 1..=body.len() {
            let mut trailers = Trailers::new(true);
            let found = body.chunks(size).filter_map(|piece| trailers.read(piece));
            assert_eq!(
                found.last().map(|code| code.name),
                Some("INTERNAL"),
                "{size}"
            );
        }
    }

    #[test]
    fn trailers_without_end_are_not_kept() {
        let mut trailers = Trailers::new(false);
        trailers.read(b"\x80\xff\xff\xff\xff");
        for _ in 0..100 {
            trailers.read(&[b'x'; 1000]);
        }
        assert!(trailers.kept.len() <= MAX_TRAILERS);
    }

    #[test]
    fn names_of_trailers_have_any_case() {
        assert_eq!(
            status(b"Grpc-Message: x\r\nGRPC-Status : 5 \r\n").map(|code| code.name),
            Some("NOT_FOUND")
        );
        assert!(status(b"grpc-message:x").is_none());
    }
}
