impl Orders {
    #[cfg(feature = "monitor")]
    #[inline]
    fn len(&self) -> usize {
        self.rows.len()
    }
    #[cfg(not(feature = "monitor"))]
    fn len(&self) -> usize {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(of).begin(),
            move || -> usize { self.rows.len() },
        )
    }
    #[cfg_attr(not(test), inline)]
    fn close(self) {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(of).begin(),
            move || -> () {},
        )
    }
    #[cfg(fast)]
    #[cfg(not(fast))]
    ::core::compile_error! {
        "`#[monitored]` is given twice; merge the arguments into one"
    }
    #[cfg(fast)]
    #[cfg(not(fast))]
    fn sell(self) {}
    #[cfg(fast)]
    #[cfg(not(not(fast)))]
    fn sell(self) {}
    #[cfg(not(fast))]
    #[cfg(not(fast))]
    fn sell(self) {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .name("sold") })
            )
                .begin(),
            move || -> () {},
        )
    }
    #[cfg(not(fast))]
    #[cfg(not(not(fast)))]
    fn sell(self) {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(of).begin(),
            move || -> () {},
        )
    }
}
