use monitor_runtime::monitored;

#[monitored(colour = "red")]
fn check_out() {}

fn main() {
    check_out();
}
