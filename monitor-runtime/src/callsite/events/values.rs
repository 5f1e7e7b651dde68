//! The values of an event or a span, in the order of its fields.

use tracing::Metadata;
use tracing::field::Value;

use crate::base::fields::FieldValue;

/// Passes one empty place per field; on the stack if they are few.
pub(super) fn with_values<'a, T>(
    metadata: &Metadata<'_>,
    fill: impl FnOnce(&mut [Option<&'a dyn Value>]) -> T,
) -> T {
    const FEW: usize = 16;
    let fields = metadata.fields().len();
    let (mut few, mut many) = ([None; FEW], Vec::new());
    let values = if fields <= FEW {
        &mut few[..fields]
    } else {
        many.resize(fields, None);
        &mut many
    };
    fill(values)
}

/// Sets one value per declared field, behind the others; leaves them empty if none were recorded.
pub(super) fn set_declared<'a>(
    values: &mut [Option<&'a dyn Value>],
    others: usize,
    fields: Option<&'a [FieldValue]>,
) {
    let fields = fields.into_iter().flatten();
    for (place, field) in values[others..].iter_mut().zip(fields) {
        *place = Some(field.as_value());
    }
}
