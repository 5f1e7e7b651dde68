#[cfg_attr(all(), must_use)]
pub async fn connect() -> u8 {
    ::monitor_runtime::__private::run_async_plain(
            ::monitor_runtime::__private::site!(of_async).wait(),
            async move {
                if false {
                    return ::monitor_runtime::__private::never::<u8>();
                }
                ({ 1 })
            },
        )
        .await
}
