use monitor_runtime::monitored;

#[monitored]
async fn check_out() {
    let cart = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(cart);
}

fn needs_send(_: impl Send) {}

fn main() {
    needs_send(check_out());
}
