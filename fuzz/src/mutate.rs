//! Inputs made of sound ones.

use fastrand::Rng;

/// The longest input, in bytes.
const LONGEST: usize = 8192;

/// Pieces that parsers often mishandle.
const STUMBLES: &[&str] = &[
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\r\n\r\n",
    "\0",
    "\"",
    "'",
    "\\",
    "\\\\",
    "\\\"",
    ",",
    ";",
    ":",
    "::",
    "=",
    "=\"",
    "{",
    "}",
    "{{",
    "}}",
    "[",
    "]",
    "<",
    ">",
    "(",
    "/",
    "//",
    "://",
    "@",
    "?",
    "&",
    "#",
    "%",
    "%00",
    "%zz",
    "*",
    "*/*",
    "+",
    "-",
    "--",
    ".",
    "..",
    "0",
    "-1",
    "1e309",
    "NaN",
    "+Inf",
    "-Inf",
    "0x10",
    "18446744073709551616",
    "q=0",
    "q=1.0001",
    "; q=",
    "le=\"",
    "quantile=\"",
    "_total",
    "_bucket",
    "_sum",
    "_count",
    "# TYPE ",
    "# HELP ",
    "# EOF",
    "counter\n",
    "histogram\n",
    "HTTP/1.1",
    "Host: ",
    "Content-Length: ",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Upgrade: h2c",
    "é",
    "ß",
    "日本",
    "😀",
    "\u{3000}",
    "\u{202e}",
    "\u{2028}",
    "\u{85}",
    "\u{9b}",
    "\u{1b}[",
    "\u{7f}",
    "\u{feff}",
    "\u{fffd}",
    "true",
    "null",
    "off",
    "s",
    "m",
    "h",
];

/// Returns a mutated input, made from the valid ones.
pub(crate) fn input(sound: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let pick = |random: &mut Rng| sound[random.usize(..sound.len())].clone();
    let mut input = pick(random);
    for _ in 0..=random.usize(..8) {
        let at = random.usize(..=input.len());
        let end = at + random.usize(..=(input.len() - at).min(32));
        match random.u8(..9) {
            0 => drop(input.drain(at..end)),
            1 => input.truncate(at),
            2 => insert(&mut input, at, &[random.u8(..)]),
            3 if at < input.len() => input[at] ^= 1 << random.u8(..8),
            4 => {
                let piece = input[at..end].repeat(random.usize(1..100));
                insert(&mut input, at, &piece);
            }
            5 => {
                let other = pick(random);
                let from = random.usize(..=other.len());
                insert(&mut input, at, &other[from..]);
            }
            6 => {
                let c = random.char(..).to_string();
                insert(&mut input, at, c.as_bytes());
            }
            _ => {
                let stumble = STUMBLES[random.usize(..STUMBLES.len())];
                insert(&mut input, at, stumble.as_bytes());
            }
        }
    }
    input.truncate(LONGEST);
    input
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}
