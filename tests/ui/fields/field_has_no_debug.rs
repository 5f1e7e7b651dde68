use monitor_runtime::monitored;

struct Order;

#[monitored(fields(?order))]
fn check_out(order: Order) {
    drop(order);
}

fn main() {
    check_out(Order);
}
