use monitor_runtime::monitored;

#[monitored]
mod shop {
    pub fn check_out() {}
}

fn main() {
    shop::check_out();
}
