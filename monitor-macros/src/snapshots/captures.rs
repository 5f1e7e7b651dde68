fn f(
    self: Arc<Self>,
    _1: (A, S),
    order: u32,
    unused: u32,
    #[cfg(feature = "x")]
    c: u32,
    _guard: Guard,
) -> bool {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> bool {
            let _ = &self;
            #[allow(
                unused_mut,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut _1 = _1;
            #[allow(
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let (a, S { b, .. }) = _1;
            #[allow(clippy::used_underscore_binding)]
            let _ = (&a, &b);
            #[allow(
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let _guard = _guard;
            ({
                println!("{order:?}");
                self.is(a, b, c)
            })
        },
    )
}
