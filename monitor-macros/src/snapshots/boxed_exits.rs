fn load(
    id: Id,
    cached: bool,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
    let __monitor_start = ::monitor_runtime::__private::site!(
        with_settings(& const { ::monitor_runtime::__private::Settings::new().fields(&
        ["id"]).future().classes(::monitor_runtime::__private::of_error!(CLASSES Error
        Error)) })
    )
        .start_with(|__monitor_fields| {
            __monitor_fields.value(&(id));
        })
        .wait();
    if cached {
        return Box::pin(
            ::monitor_runtime::__private::run_async_by_inferred_type(
                __monitor_start,
                ready(Ok(id.0)),
                |__monitor_returned: &Result<u32, Error>| {
                    ::monitor_runtime::__private::judge!(__monitor_returned, plain)
                },
            ),
        );
    }
    match find(id) {
        Some(found) => {
            Box::pin(
                ::monitor_runtime::__private::run_async_by_inferred_type(
                    __monitor_start,
                    found,
                    |__monitor_returned: &Result<u32, Error>| {
                        ::monitor_runtime::__private::judge!(__monitor_returned, plain)
                    },
                ),
            )
        }
        None if is_lax() => {
            Box::pin(
                ::monitor_runtime::__private::run_async_by_inferred_type(
                    __monitor_start,
                    async { Ok(0) },
                    |__monitor_returned: &Result<u32, Error>| {
                        ::monitor_runtime::__private::judge!(__monitor_returned, plain)
                    },
                ),
            )
        }
        None => unreachable!(),
    }
}
