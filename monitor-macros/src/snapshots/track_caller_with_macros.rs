#[track_caller]
fn at(what: &str) -> Result<String, Error> {
    let mut __monitor_call = ::monitor_runtime::__private::Inline::through(
        ::monitor_runtime::__private::site!(
            with_settings(::monitor_runtime::__private::of_error!(SYNC Error Error))
        )
            .begin(),
    );
    #[allow(clippy::diverging_sub_expression)]
    let __monitor_returned: Result<String, Error> = ({
        std::println!("{what}");
        Ok(format!("{}", Location::caller()))
    });
    #[allow(unreachable_code)]
    __monitor_call
        .close(
            &__monitor_returned,
            |__monitor_returned: &_| {
                ::monitor_runtime::__private::verdict!(__monitor_returned)
            },
        );
    __monitor_returned
}
