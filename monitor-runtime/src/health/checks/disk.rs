//! A check of the free space on a disk.

use std::path::Path;

pub(super) fn has_room(path: &Path, wanted: u64) -> Result<(), String> {
    let shown = path.display();
    let free = fs4::available_space(path).map_err(|error| format!("{shown}: {error}"))?;
    if free >= wanted {
        return Ok(());
    }
    let (free, wanted) = (mebibytes(free), mebibytes(wanted));
    Err(format!(
        "{shown}: {free} MiB are free, but {wanted} MiB are wanted"
    ))
}

/// Formats bytes as MiB, rounded down to a tenth.
fn mebibytes(bytes: u64) -> String {
    let tenths = u128::from(bytes) * 10 / (1 << 20);
    format!("{}.{}", tenths / 10, tenths % 10)
}
