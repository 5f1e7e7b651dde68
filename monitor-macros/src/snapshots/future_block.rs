fn get(id: u32) -> impl Future<Output = impl Display> + Send {
    ::monitor_runtime::__private::run_async_by_inferred_type(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .future() })
        )
            .wait(),
        async move { find(id).await },
        |__monitor_returned: &_| ::monitor_runtime::__private::judge!(__monitor_returned),
    )
}
