#[track_caller]
fn at(what: &str) -> Result<&'static Location<'static>, Error> {
    let mut __monitor_call = ::monitor_runtime::__private::Inline::new(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .fields(& ["what"]).classes(::monitor_runtime::__private::of_error!(CLASSES
            Error Error)) })
        )
            .start_with(|__monitor_fields| {
                ::monitor_runtime::__private::record!(__monitor_fields, what);
            })
            .begin(),
    );
    #[allow(clippy::diverging_sub_expression)]
    let __monitor_returned: Result<&'static Location<'static>, Error> = ({
        check(what);
        Ok(Location::caller())
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
