use monitor_runtime::monitored;

#[monitored(sentry = false, sentry = true)]
fn check_out() {}

fn main() {
    check_out();
}
