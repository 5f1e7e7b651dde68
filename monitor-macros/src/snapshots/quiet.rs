fn f() -> io::Result<()> {
    crate::rt::__private::run(
        {
            static __MONITOR: crate::rt::__private::Site = crate::rt::__private::Site::new(
                    crate::rt::__private::path_of(&|| ()),
                    ::core::module_path!(),
                )
                .with(
                    &const {
                        crate::rt::__private::Settings::new()
                            .level(crate::rt::__private::Level::ERROR)
                            .err_log(false)
                    },
                );
            crate::rt::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
        move || -> io::Result<()> { g() },
        |__monitor_returned: &_| crate::rt::__private::verdict!(__monitor_returned),
    )
}
