use monitor_runtime::monitored;

trait Shop {
    #[monitored]
    fn check_out(&self);
}

impl Shop for u32 {
    fn check_out(&self) {}
}

fn main() {
    1.check_out();
}
