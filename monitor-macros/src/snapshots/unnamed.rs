#[allow(unused_assignments)]
fn f(mut self: Box<Self>, first: Guard, _2: Guard, last: Guard, _: &str) {
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
            let _ = &self;
            let first = first;
            #[allow(clippy::used_underscore_binding)]
            let _2 = _2;
            let mut last = last;
            ({ use_(first, last, self) })
        },
        ::monitor_runtime::__private::plain,
    )
}
