use super::*;

fn points(chunks: &[&str]) -> Vec<(Described, Point)> {
    let chunks: Vec<Vec<u8>> = chunks
        .iter()
        .map(|chunk| chunk.as_bytes().to_vec())
        .collect();
    let mut found = Vec::new();
    read(Box::new(chunks.into_iter()), |family, point| {
        found.push((family.clone(), point));
    });
    found
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

#[test]
fn a_page_is_read_whatever_its_chunks_are() {
    let page = "# HELP calls Calls \\\"a\\\\b\\\".\n# TYPE calls counter\ncalls_total{f=\"a\\\"\\n}\"} 7\n\
                # TYPE time_seconds histogram\n# UNIT time_seconds seconds\n\
                time_seconds_bucket{f=\"a\",le=\"0.1\"} 2 # {trace_id=\"ab\",span_id=\"cd\"} 0.05 12.5\n\
                time_seconds_bucket{f=\"a\",le=\"+Inf\"} 3\ntime_seconds_sum{f=\"a\"} 1.5\n\
                time_seconds_count{f=\"a\"} 3\n\
                time_seconds_bucket{f=\"b\",le=\"+Inf\"} 1\ntime_seconds_count{f=\"b\"} 1\n\
                # TYPE rows summary\nrows{quantile=\"0.5\"} 4\nrows_sum 9\nrows_count 2\n\
                # TYPE level gauge\nlevel -0.5\n# TYPE build info\nbuild_info{v=\"1\"} 1\nbuild_info{v=\"2\"} 1\n# EOF\n";
    let whole = points(&[page]);
    for at in (1..page.len()).filter(|at| page.is_char_boundary(*at)) {
        let (first, second) = page.split_at(at);
        assert_eq!(points(&[first, second]), whole, "cut at {at}");
    }
    let [calls, a, b, rows, level, builds @ ..] = &whole[..] else {
        panic!("seven points: {whole:?}");
    };
    assert_eq!(calls.0.help, "Calls \"a\\b\".");
    assert_eq!(calls.1.labels, labels(&[("f", "a\"\n}")]));
    assert_eq!(calls.1.value, Some(Number::Int(7)));
    assert_eq!(
        (a.0.kind, a.0.unit.as_str()),
        (PointKind::Histogram, "seconds")
    );
    assert_eq!(a.1.parts, [(0.1, 2.0), (f64::INFINITY, 3.0)]);
    assert_eq!((a.1.sum, a.1.count), (Some(1.5), 3));
    let exemplar = PointExemplar {
        labels: labels(&[("trace_id", "ab"), ("span_id", "cd")]),
        value: 0.05,
        at: 12.5,
    };
    assert_eq!(a.1.exemplars, [exemplar]);
    assert_eq!((b.1.sum, b.1.count), (None, 1));
    assert_eq!(
        (rows.1.parts.as_slice(), rows.1.sum),
        (&[(0.5, 4.0)][..], Some(9.0))
    );
    assert_eq!(level.1.value, Some(Number::Float(-0.5)));
    let names: Vec<&str> = builds.iter().map(|(of, _)| of.name.as_str()).collect();
    assert_eq!(names, ["build_info"; 2]);
}
