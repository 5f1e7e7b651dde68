use monitor_runtime::monitored;

#[monitored(err(debug))]
fn check_out() -> Result<(), String> {
    Ok(())
}

fn main() {
    let _ = check_out();
}
