fn f() -> Result<u8, Error> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(::monitor_runtime::__private::of_error!(SYNC Error Error))
        )
            .begin(),
        move || -> Result<u8, Error> {
            use std::fmt::Result;
            fn nothing() -> Result {
                Ok(())
            }
            Ok(1)
        },
        ::monitor_runtime::__private::judge!([Result < u8, Error >], plain),
    )
}
