use monitor_runtime::monitored;

#[monitored(name)]
fn check_out() {}

fn main() {
    check_out();
}
