fn get(id: u32) -> impl Future<Output = io::Result<u32>> {
    ::monitor_runtime::__private::run_async_by_inferred_type(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .future().classes(::monitor_runtime::__private::of_error!(CLASSES(io::Result
            < u32 >))) })
        )
            .wait(),
        ::monitor_runtime::__private::once(move || -> _ { ready(Ok(id)) }),
        |__monitor_returned: &io::Result<u32>| {
            ::monitor_runtime::__private::judge!(__monitor_returned)
        },
    )
}
