/// Adds.
#[inline]
pub(crate) fn add(a: u32, b: u32) -> u32 {
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
            let a = a;
            let mut b = b;
            ({
                b += a;
                b
            })
        },
        ::monitor_runtime::__private::plain,
    )
}
