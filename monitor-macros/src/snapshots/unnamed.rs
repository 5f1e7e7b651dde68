#[allow(unused_assignments)]
fn f(mut self: Box<Self>, first: Guard, _2: Guard, last: Guard, _: &str) {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> () {
            let _ = &self;
            #[allow(clippy::shadow_same)]
            let first = first;
            #[allow(
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let _2 = _2;
            #[allow(clippy::shadow_same)]
            let mut last = last;
            ({ use_(first, last, self) })
        },
    )
}
