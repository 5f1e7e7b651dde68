//! Chunks of a page as protobuf.

use super::*;
use crate::metrics::protobuf::split;

/// Returns a page of another exporter with a family of so many histograms.
fn histograms(count: usize) -> String {
    use std::fmt::Write as _;
    let mut page = "# HELP sizes_bytes Sizes.\n# TYPE sizes_bytes histogram\n".to_owned();
    for number in 0..count {
        for bound in ["1", "10", "100", "+Inf"] {
            let _ = writeln!(
                page,
                "sizes_bytes_bucket{{n=\"{number}\",le=\"{bound}\"}} 7"
            );
        }
        let _ = writeln!(page, "sizes_bytes_sum{{n=\"{number}\"}} 9.5");
        let _ = writeln!(page, "sizes_bytes_count{{n=\"{number}\"}} 7");
    }
    page
}

fn chunks(others: String) -> Vec<Vec<u8>> {
    let exposition = Exposition::new(&service(), std::iter::empty);
    exposition
        .scrape(Format::Protobuf, log(None, Some(7), None), others)
        .collect()
}

#[test]
fn a_huge_page_is_made_of_chunks_of_whole_messages() {
    let chunks = chunks(histograms(5_000) + "# TYPE the_last gauge\nthe_last 1\n");
    assert!(chunks.len() > 5, "{}", chunks.len());
    let mut families = 0;
    for chunk in &chunks {
        assert!(chunk.len() < 72 * 1024, "{}", chunk.len());
        for message in split(chunk).expect("whole messages") {
            // Field 1, the name.
            assert_eq!(message[0], 1 << 3 | 2);
            families += usize::from(message[2..].starts_with(b"sizes_bytes"));
        }
    }
    assert_eq!(families, chunks.len(), "one of each chunk");
    let last = chunks.last().expect("a chunk");
    let last = split(last).expect("messages").pop().expect("a message");
    assert!(last[2..].starts_with(b"the_last"));
}

#[test]
fn a_chunk_may_end_within_a_series_of_another_exporter() {
    let series = |count| -> usize {
        let page: Vec<u8> = chunks(histograms(count)).concat();
        let found = page
            .windows(9)
            .filter(|nine| *nine == [17, 0, 0, 0, 0, 0, 0, 35, 64]);
        found.count()
    };
    // Chunks end at every place of a series, as the lines before them vary.
    for count in 700..720 {
        assert_eq!(series(count), count, "every sum is there once");
    }
}

#[test]
fn a_family_without_series_is_no_message() {
    let page: Vec<u8> = chunks("# TYPE empty gauge\n# TYPE full gauge\nfull 3\n".into()).concat();
    let messages = split(&page).expect("messages");
    let names: Vec<_> = messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message[2..2 + usize::from(message[1])]))
        .collect();
    assert_eq!(
        names,
        ["build_info", "monitor_log_lines_dropped_total", "full"]
    );
}
