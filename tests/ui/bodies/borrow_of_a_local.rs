use monitor_runtime::monitored;

#[monitored]
fn longest(names: &[String]) -> &str {
    let joined = names.concat();
    &joined
}

fn main() {
    longest(&[]);
}
