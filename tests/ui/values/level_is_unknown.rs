use monitor_runtime::monitored;

#[monitored(level = "warning")]
fn check_out() {}

fn main() {
    check_out();
}
