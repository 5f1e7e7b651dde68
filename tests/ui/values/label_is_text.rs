use monitor_runtime::monitored;

#[monitored(labels(region = region))]
fn quote(region: &str) -> usize {
    region.len()
}

fn main() {
    quote("eu");
}
