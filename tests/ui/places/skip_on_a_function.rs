use monitor_runtime::monitored;

#[monitored(skip)]
fn check_out() {}

fn main() {
    check_out();
}
