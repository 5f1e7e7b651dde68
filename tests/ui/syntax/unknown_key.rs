use monitor_runtime::monitored;

#[monitored(nmae = "checkout")]
fn check_out() {}

fn main() {
    check_out();
}
