use monitor_runtime::monitored;

#[monitored]
fn check_out() -> u32 {
    "seven"
}

#[monitored]
async fn pay() -> u32 {
    "seven"
}

fn main() {
    check_out();
    drop(pay());
}
