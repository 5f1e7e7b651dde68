fn f(
    self: Arc<Self>,
    (a, S { b, .. }): (A, S),
    order: u32,
    unused: u32,
    #[cfg(feature = "x")]
    c: u32,
    _guard: Guard,
) -> bool {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> bool {
            #[allow(clippy::used_underscore_binding)]
            let _ = (&_guard, &b, &a, &self);
            ({
                println!("{order:?}");
                self.is(a, b, c)
            })
        },
    )
}
