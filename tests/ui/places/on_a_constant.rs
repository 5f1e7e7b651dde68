use monitor_runtime::monitored;

#[monitored]
const TAX: u32 = 19;

fn main() {
    let _ = TAX;
}
