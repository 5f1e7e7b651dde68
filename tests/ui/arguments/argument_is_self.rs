use monitor_runtime::monitored;

struct Cart(u32);

impl Cart {
    #[monitored(args(self))]
    fn check_out(&self) -> u32 {
        self.0
    }
}

fn main() {
    Cart(1).check_out();
}
