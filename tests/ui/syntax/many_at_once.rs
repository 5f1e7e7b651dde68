//! Every mistake of a file is told in one build, and none hides the items.

use monitor_runtime::monitored;

#[monitored(nmae = "check out", level = "loud", err(debug), args(oder), fields(error = 1))]
fn check_out(order: u32) -> u32 {
    order
}

#[monitored(sentry = 0, sentry = true, sentry)]
const fn tax() -> u32 {
    19
}

struct Cart;

#[monitored(name = "cart", args(x), errr = false)]
impl Cart {
    #[monitored("", lvel = "debug")]
    fn pay(&self) {}

    #[monitored(args(?x))]
    async fn send(&self) {}
}

#[monitored]
#[derive(Clone)]
struct Order;

fn main() {
    check_out(tax());
    Cart.pay();
    drop(Cart.send());
    drop(Order.clone());
}
