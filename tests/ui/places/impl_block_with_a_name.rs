use monitor_runtime::monitored;

struct Cart;

#[monitored(name = "cart")]
impl Cart {
    fn check_out(&self) {}
}

fn main() {
    Cart.check_out();
}
