fn check_out(&self) -> Result<(), Error> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .name("checkout").level(::monitor_runtime::__private::Level::DEBUG)
            .err(::monitor_runtime::__private::ErrorFormat::Debug).err_level(Level::WARN)
            .sentry(false).classes(::monitor_runtime::__private::of_error!(CLASSES Error
            Error)) })
        )
            .begin(),
        move || -> Result<(), Error> { self.pay() },
        ::monitor_runtime::__private::judge!([Result < (), Error >], plain),
    )
}
