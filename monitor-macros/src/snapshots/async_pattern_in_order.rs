fn f(
    self,
    a: Guard,
    _2: Pair,
    unused: Guard,
) -> impl ::monitor_runtime::__private::Future<Output = bool> {
    ::monitor_runtime::__private::run_async_plain(
        ::monitor_runtime::__private::site!(of_async).wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<bool>();
            }
            let _ = &self;
            #[allow(clippy::shadow_same)]
            let a = a;
            #[allow(
                unused_mut,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut _2 = _2;
            #[allow(
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let Pair { left, .. } = _2;
            #[allow(clippy::used_underscore_binding)]
            let _ = (&left,);
            #[allow(clippy::shadow_same)]
            let unused = unused;
            ({ self.is(a, left) })
        },
    )
}
