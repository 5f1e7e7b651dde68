//! Pages that another exporter rendered; see `crate::fuzzing`.

use super::CALLS;
use super::exposition::Exposition;
use super::family::Format;
use super::foreign::{ForeignFamilies, Place};
use super::protobuf::split;
use super::service::Service;
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
    let exposition = Exposition::new(&Service::default(), std::iter::empty);
    let chunks = exposition.scrape(Format::Protobuf, vec![], given.clone().into_owned());
    let messages: Vec<u8> = chunks.flatten().collect();
    assert!(
        split(&messages).is_some(),
        "whole messages, and nothing else"
    );
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
