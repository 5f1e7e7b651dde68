use monitor_runtime::monitored;

#[monitored(name = "check out" level = "debug")]
fn check_out() {}

fn main() {
    check_out();
}
