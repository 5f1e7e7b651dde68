//! The side of documents that incidents use, which keep them: among it an upper bound of the memory
//! that they occupy.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{ErrorLink, Request};
#[cfg(test)]
use super::in_flight::InFlight;
use super::in_flight::Running;

/// Counts what is written to it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the bytes of a document: twice those of its JSON, because the names of its keys take as
/// much room there as pointers and lengths do in memory, and those of the nodes of its maps.
pub(in crate::server) fn bytes<'m, D: Serialize>(
    document: &D,
    maps: impl IntoIterator<Item = &'m Map<String, Value>>,
) -> usize {
    let mut json = Counter(0);
    // Writing to it never fails.
    let _ = serde_json::to_writer(&mut json, document);
    let maps = maps.into_iter().filter(|map| !map.is_empty());
    json.0 * 2 + maps.map(|map| 700 + 120 * map.len()).sum::<usize>()
}

impl Request {
    pub(in crate::server) fn trace_id(&self) -> &str {
        &self.head.trace_id
    }

    #[cfg(test)]
    pub(in crate::server) fn is_huge(&self) -> bool {
        self.spans.len() > 100
    }

    #[cfg(test)]
    pub(in crate::server) fn has_failed(&self) -> bool {
        self.head.reason == Some("failed")
    }

    /// Returns its start in RFC 3339, which sorts like the time.
    pub(in crate::server) fn started(&self) -> &str {
        &self.head.started
    }

    pub(in crate::server) fn bytes(&self) -> usize {
        let spans = self.spans.iter().map(|span| &span.fields);
        bytes(
            self,
            spans.chain(self.lines.iter().map(|line| &line.fields)),
        )
    }
}

impl Running {
    pub(super) fn size(&self) -> usize {
        let calls = self.calls.iter().map(|call| &call.fields);
        bytes(self, calls.chain([&self.fields]))
    }
}

#[cfg(test)]
impl InFlight {
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(in crate::server) fn bytes(&self) -> usize {
        self.requests.iter().map(Running::size).sum()
    }
}

impl ErrorLink {
    pub(in crate::server) fn text(&self) -> &str {
        &self.text
    }
}
