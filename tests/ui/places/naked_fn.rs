use monitor_runtime::monitored;

#[monitored]
#[unsafe(naked)]
extern "C" fn nothing() {
    core::arch::naked_asm!("")
}

fn main() {
    nothing();
}
