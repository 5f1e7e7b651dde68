fn f() -> Result<u8, Error> {
    ::monitor_runtime::__private::run(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                ::monitor_runtime::__private::path_of(&|| ()),
                ::core::module_path!(),
            );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
        move || -> Result<u8, Error> {
            use std::fmt::Result;
            fn nothing() -> Result {
                Ok(())
            }
            Ok(1)
        },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned)
        },
    )
}
