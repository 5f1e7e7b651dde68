//! Pages that another exporter rendered; see `crate::fuzzing`.

use super::CALLS;
use super::family::Format;
use super::foreign::{ForeignFamilies, Place};
use crate::fuzzing::text;

fn reread(page: &str, format: Format) -> String {
    let (others, mut place) = (
        ForeignFamilies::new(page.to_owned(), std::iter::empty()),
        Place::default(),
    );
    let mut out = Vec::new();
    while others.next(&mut place, format, &mut out) {}
    String::from_utf8(out).expect("UTF-8, as it was")
}

pub(crate) fn page(input: &[u8]) {
    let given = text(input);
    let once = reread(&given, Format::Text);
    assert_eq!(
        reread(&once, Format::Text),
        once,
        "what is let through is let through again"
    );
    for page in [once, reread(&given, Format::OpenMetrics)] {
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let value = line.rsplit(' ').next().unwrap_or_default();
            assert!(value.parse::<f64>().is_ok(), "{line:?}");
            assert!(!line.starts_with(CALLS.name), "ours");
        }
    }
}
