fn get(id: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
    ::monitor_runtime::__private::Box::pin(
        ::monitor_runtime::__private::run_async_by_type(
            ::monitor_runtime::__private::site!(of).wait(),
            ::monitor_runtime::__private::once(move || -> Pin<
                Box<dyn Future<Output = Result<u32, Error>> + Send>,
            > {
                if id == 0 {
                    return Box::pin(ready(Ok(0)));
                }
                Box::pin(async move { find(id).await })
            }),
            |__monitor_returned: &Result<u32, Error>| {
                ::monitor_runtime::__private::judge!(__monitor_returned)
            },
        ),
    )
}
