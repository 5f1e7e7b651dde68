fn tick() -> impl ::monitor_runtime::__private::Future<Output = ()> {
    ::monitor_runtime::__private::run_async_plain(
        ::monitor_runtime::__private::site!(of_async).wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<()>();
            }
            ({ work().await })
        },
    )
}
