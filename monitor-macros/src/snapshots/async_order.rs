#[inline]
fn join(
    &self,
    a: String,
    b: String,
) -> impl ::monitor_runtime::__private::Future<Output = String> {
    ::monitor_runtime::__private::run_async_plain(
        ::monitor_runtime::__private::site!(of_async).wait(),
        async move {
            if false {
                return ::monitor_runtime::__private::never::<String>();
            }
            let _ = &self;
            #[allow(clippy::shadow_same)]
            let mut a = a;
            #[allow(clippy::shadow_same)]
            let b = b;
            ({
                a += &self.between;
                a += &b;
                a
            })
        },
    )
}
