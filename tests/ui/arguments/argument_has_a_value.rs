use monitor_runtime::monitored;

#[monitored(args(amount = amount))]
fn pay(amount: u32) -> u32 {
    amount
}

fn main() {
    pay(1);
}
