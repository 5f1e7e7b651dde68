#[track_caller]
fn at(what: &str) -> Option<u8> {
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
        move || -> Option<u8> {
            let _ = (&what,);
            ({
                find(what)?;
                None
            })
        },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned)
        },
    )
}
