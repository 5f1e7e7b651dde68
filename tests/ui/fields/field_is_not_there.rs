use monitor_runtime::monitored;

#[monitored(fields(order.id))]
fn check_out() {}

fn main() {
    check_out();
}
