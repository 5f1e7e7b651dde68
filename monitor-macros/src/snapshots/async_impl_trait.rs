async fn list() -> impl Iterator<Item = u32> {
    ::monitor_runtime::__private::run_async_by_inferred_type(
            ::monitor_runtime::__private::site!(of_async).wait(),
            async move { rows().await },
            |__monitor_returned: &_| {
                ::monitor_runtime::__private::judge!(__monitor_returned)
            },
        )
        .await
}
