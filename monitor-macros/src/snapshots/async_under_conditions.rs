#[cfg_attr(docsrs, doc(cfg(feature = "net")))]
#[cfg_attr(all(), inline, allow(unused))]
pub fn connect() -> impl ::monitor_runtime::__private::Future<
    Output = Result<(), Error>,
> {
    ::monitor_runtime::__private::run_async_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(::monitor_runtime::__private::of_error!(ASYNC Error Error))
        )
            .wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<Result<(), Error>>();
            }
            ({ Ok(()) })
        },
        ::monitor_runtime::__private::judge!([Result < (), Error >], plain),
    )
}
