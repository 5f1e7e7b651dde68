pub fn work(
    a: u32,
) -> impl ::monitor_runtime::__private::Future<Output = Result<u32, String>> {
    ::monitor_runtime::__private::run_async_by_type(
        ::monitor_runtime::__private::site!(of_async).wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<Result<u32, String>>();
            }
            ({ Ok(a) })
        },
        ::monitor_runtime::__private::judge!([Result < u32, String >], plain),
    )
}
