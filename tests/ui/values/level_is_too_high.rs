use monitor_runtime::monitored;

#[monitored(level = 6)]
fn check_out() {}

fn main() {
    check_out();
}
