use monitor_runtime::monitored;

#[monitored(skip_all = true)]
fn pay(amount: u32) -> u32 {
    amount
}

fn main() {
    pay(1);
}
