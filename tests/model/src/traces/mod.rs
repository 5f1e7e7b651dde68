//! The room `traces` of the runtime, as far as its places go.

#[path = "../../../../monitor-runtime/src/traces/slots.rs"]
#[expect(dead_code, reason = "the runtime uses more of it than a model has to")]
pub(crate) mod slots;

#[path = "../../../../monitor-runtime/src/traces/waits.rs"]
mod waits;
