async fn serve(port: u16) -> ! {
    ::monitor_runtime::__private::run_async(
            ::monitor_runtime::__private::site!(.async_fn()).wait(),
            async move {
                loop {
                    accept(port).await;
                }
            },
            ::monitor_runtime::__private::plain,
        )
        .await
}
