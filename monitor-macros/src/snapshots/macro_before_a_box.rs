fn get(id: u32) -> Pin<Box<dyn Future<Output = u32>>> {
    ::monitor_runtime::__private::Box::pin(
        ::monitor_runtime::__private::run_async_plain(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .future() })
            )
                .wait(),
            ::monitor_runtime::__private::once(move || -> Pin<
                Box<dyn Future<Output = u32>>,
            > {
                ensure!(id > 0);
                Box::pin(async move { id })
            }),
        ),
    )
}
