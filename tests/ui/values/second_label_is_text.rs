use monitor_runtime::monitored;

#[monitored(labels(cached = cached, region = region))]
fn quote(cached: bool, region: &str) -> usize {
    usize::from(cached) + region.len()
}

fn main() {
    quote(true, "eu");
}
