use monitor_runtime::monitored;

#[monitored]
#[monitored(level = "debug")]
fn check_out() {}

fn main() {
    check_out();
}
