//! A page of metrics as those who send it see it.

use std::sync::Arc;

use super::Format;

/// A page: chunks that are made on demand. Making one may take long, and may panic.
pub(crate) type Chunks = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// Begins a page in a format.
pub(crate) type Page = Arc<dyn Fn(Format) -> Chunks + Send + Sync>;
