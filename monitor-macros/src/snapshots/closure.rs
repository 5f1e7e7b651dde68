fn adder(n: u32) -> impl Fn(&u32) -> u32 {
    let __monitor_call = ::monitor_runtime::__private::Inline::begin(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                ::monitor_runtime::__private::path_of(&|| ()),
                ::core::module_path!(),
            );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
    );
    ({ move |m| n + m })
}
