use monitor_runtime::monitored;

#[monitored("")]
fn check_out() {}

fn main() {
    check_out();
}
