use monitor_runtime::monitored;

#[monitored(name = 1)]
fn check_out() {}

fn main() {
    check_out();
}
