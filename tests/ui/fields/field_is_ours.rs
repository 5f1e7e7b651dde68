use monitor_runtime::monitored;

#[monitored(fields(error = "none yet"))]
fn check_out() {}

fn main() {
    check_out();
}
