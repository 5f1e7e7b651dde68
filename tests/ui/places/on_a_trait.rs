use monitor_runtime::monitored;

#[monitored]
trait Shop {
    fn check_out(&self) {}
}

impl Shop for u32 {}

fn main() {
    1.check_out();
}
