fn f(a: u32) -> u32 {
    #![allow(unused_mut)]
    fn help(a: u32) -> u32 {
        a
    }
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
        move || -> u32 {
            let _ = (&a,);
            ({ help(a) })
        },
        ::monitor_runtime::__private::plain,
    )
}
