use monitor_runtime::monitored;

#[monitored]
const fn tax() -> u32 {
    19
}

fn main() {
    tax();
}
