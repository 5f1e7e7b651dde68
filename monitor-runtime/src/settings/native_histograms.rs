//! The choice of histograms on the page as protobuf.

/// The histograms that a scraper gets which asks for protobuf, as a Prometheus does that reads native
/// histograms.
///
/// Pages of text always have classic histograms, and so do the histograms of the `metrics` facade.
///
/// ```no_run
/// use monitor_runtime::NativeHistograms;
///
/// let builder = monitor_runtime::builder!().native_histograms(NativeHistograms::On);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NativeHistograms {
    /// Classic histograms alone.
    #[default]
    Off,
    /// Both: native histograms with classic buckets beside them.
    On,
    /// Native histograms without classic buckets.
    Only,
}
