fn check_out(&self) -> Result<(), Error> {
    ::monitor_runtime::__private::run(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                    ::monitor_runtime::__private::path_of(&|| ()),
                    ::core::module_path!(),
                )
                .with(
                    &const {
                        ::monitor_runtime::__private::Settings::new()
                            .name("checkout")
                            .level(::monitor_runtime::__private::Level::DEBUG)
                            .err(::monitor_runtime::__private::ErrorFormat::Debug)
                            .err_level(Level::WARN)
                            .sentry(false)
                    },
                );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
        move || -> Result<(), Error> {
            let _ = (&self,);
            ({ self.pay() })
        },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned)
        },
    )
}
