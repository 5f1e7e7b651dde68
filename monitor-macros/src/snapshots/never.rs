fn exit(code: i32) -> ! {
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
        move || -> ! {
            let _ = (&code,);
            ({ std::process::exit(code) })
        },
        ::monitor_runtime::__private::plain,
    )
}
