//! Types whose values are few and known at compile time, so that they can be labels of a metric.

/// A type whose values are known and few, for `#[monitored(labels(tier = order.tier))]`.
///
/// `#[derive(MonitorLabel)]` implements it for an enum without fields; `bool` has it. Every value
/// is a series of its own, so a type with many values cannot be a label.
///
/// ```
/// use monitor_runtime::{MonitorLabel, monitored};
///
/// #[derive(Clone, Copy, MonitorLabel)]
/// enum Tier {
///     Free,
///     #[monitor(name = "paid_up")]
///     Paid,
/// }
///
/// #[monitored(labels(tier = tier, cached = cached))]
/// fn quote(tier: Tier, cached: bool) -> u32 {
///     if cached { 1 } else { 7 }
/// }
/// # fn main() {
/// quote(Tier::Free, true); // function_calls_total{…,tier="Free",cached="true"}
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a label: its set of values is not known at compile time",
    label = "a text is `bounded(text, max = 20)`, an enum derives `MonitorLabel`"
)]
pub trait MonitorLabel {
    /// The label's values, each by its index.
    const VALUES: &'static [&'static str];

    /// Returns the index of this value in [`VALUES`](Self::VALUES).
    fn index(&self) -> usize;
}

impl MonitorLabel for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn index(&self) -> usize {
        usize::from(*self)
    }
}

impl<L: MonitorLabel + ?Sized> MonitorLabel for &L {
    const VALUES: &'static [&'static str] = L::VALUES;

    #[inline]
    fn index(&self) -> usize {
        (**self).index()
    }
}
