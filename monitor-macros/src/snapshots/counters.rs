fn f() {
    ::monitor_runtime::__private::run(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                    ::monitor_runtime::__private::path_of(&|| ()),
                    ::core::module_path!(),
                )
                .with(
                    &const {
                        ::monitor_runtime::__private::Settings::new()
                            .span(false)
                            .log(false)
                            .latency(false)
                    },
                );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
        move || -> () {},
        ::monitor_runtime::__private::plain,
    )
}
