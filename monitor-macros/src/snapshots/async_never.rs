async fn serve(port: u16) -> ! {
    ::monitor_runtime::__private::run_async_plain(
            ::monitor_runtime::__private::site!(of_async).wait(),
            async move {
                loop {
                    accept(port).await;
                }
            },
        )
        .await
}
