fn tick() {
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
        move || -> () {
            work();
        },
        ::monitor_runtime::__private::plain,
    )
}
