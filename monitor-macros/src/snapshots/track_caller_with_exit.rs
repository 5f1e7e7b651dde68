#[track_caller]
fn at(what: &str) -> Option<u8> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> Option<u8> {
            find(what)?;
            None
        },
        ::monitor_runtime::__private::judge!([Option < u8 >]),
    )
}
