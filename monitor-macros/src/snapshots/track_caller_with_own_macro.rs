#[track_caller]
fn at(what: &str) -> Result<u8, Error> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(::monitor_runtime::__private::of_error!(SYNC Error Error))
        )
            .begin(),
        move || -> Result<u8, Error> {
            crate::error!("{what}");
            Ok(1)
        },
        ::monitor_runtime::__private::judge!([Result < u8, Error >], plain),
    )
}
