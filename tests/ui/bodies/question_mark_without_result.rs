use monitor_runtime::monitored;

#[monitored]
fn check_out() {
    "7".parse::<u32>()?;
}

fn main() {
    check_out();
}
