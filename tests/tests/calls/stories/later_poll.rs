use super::*;

#[monitored]
async fn l_row() -> Result<u64, NotFound> {
    pause().await;
    Err(NotFound(11))
}

#[monitored]
fn l_clean_up() {}

#[monitored]
async fn l_order() -> Result<u64, OrderError> {
    let row = l_row().await;
    l_clean_up();
    pause().await;
    l_clean_up();
    Ok(row?)
}

#[monitored]
async fn l_page() -> Result<u64, OrderError> {
    let order = l_order().await;
    pause().await;
    order
}

#[test]
fn passed_on_in_a_later_poll() {
    log();
    run(l_page()).expect_err("no row");
    told_once(&["l_row", "l_order", "l_page"]);
}

#[test]
fn passed_on_in_a_later_poll_on_another_thread() {
    log();
    let mut future = Box::pin(moved_page());
    let ended = (0..10).any(|_| {
        std::thread::scope(|scope| {
            let poll = scope.spawn(|| monitor_tests::poll(future.as_mut()).is_ready());
            poll.join().expect("no panic")
        })
    });
    assert!(ended, "it ends");
    told_once(&["moved_row", "moved_order", "moved_page"]);
}

#[monitored]
async fn moved_row() -> Result<u64, NotFound> {
    pause().await;
    Err(NotFound(12))
}

#[monitored]
async fn moved_order() -> Result<u64, OrderError> {
    let row = moved_row().await;
    pause().await;
    Ok(row?)
}

#[monitored]
async fn moved_page() -> Result<u64, OrderError> {
    let order = moved_order().await;
    pause().await;
    order
}
