fn get(id: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
    let id = id + 1;
    Box::pin(
        ::monitor_runtime::__private::run_async_by_inferred_type(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .future().classes(::monitor_runtime::__private::of_error!(CLASSES Error
                Error)) })
            )
                .wait(),
            async move { find(id).await },
            |__monitor_returned: &Result<u32, Error>| {
                ::monitor_runtime::__private::judge!(__monitor_returned, plain)
            },
        ),
    )
}
