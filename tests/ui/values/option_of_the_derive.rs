use monitor_runtime::monitored;

#[monitored(expected)]
fn work() {}

fn main() {
    work();
}
