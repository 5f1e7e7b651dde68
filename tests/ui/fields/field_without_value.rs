use monitor_runtime::monitored;

#[monitored(fields("order.id"))]
fn check_out(order: u32) -> u32 {
    order
}

fn main() {
    check_out(1);
}
