#[monitor_runtime::monitored(crate = crate::nowhere)]
fn check_out() {}

fn main() {
    check_out();
}
