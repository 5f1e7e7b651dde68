//! A writer that keeps what a JSON layer hands it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// Keeps every piece it is handed.
#[derive(Clone, Default)]
pub struct Pieces(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(piece.to_vec());
        Ok(piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Pieces {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Pieces {
    /// Returns the lines that were written.
    ///
    /// Panics when a piece is not one line of JSON.
    pub fn lines(&self) -> Vec<String> {
        let whole = |piece: &Vec<u8>| {
            let line = String::from_utf8(piece.clone()).expect("UTF-8");
            assert_eq!(line.find('\n'), Some(line.len() - 1), "one line: {line}");
            serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            line
        };
        self.0.lock().unwrap().iter().map(whole).collect()
    }

    /// Returns [`lines`](Self::lines), parsed.
    pub fn values(&self) -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str(line).expect("JSON");
        self.lines().iter().map(parse).collect()
    }
}
