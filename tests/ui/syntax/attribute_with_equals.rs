use monitor_runtime::monitored;

struct Cart;

#[monitored]
impl Cart {
    #[monitored = "check out"]
    fn check_out(&self) {}
}

fn main() {
    Cart.check_out();
}
