fn call(
    &self,
    n: u8,
    _request: &Request,
) -> impl ::monitor_runtime::__private::Future<Output = u8> {
    ::monitor_runtime::__private::run_async_plain(
        ::monitor_runtime::__private::site!(of_async).wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<u8>();
            }
            #[allow(clippy::used_underscore_binding)]
            let _ = (&_request, &self);
            ({ n })
        },
    )
}
