fn get(&self, id: u32) -> BoxFuture<'_, u32> {
    ::monitor_runtime::__private::run_async_by_inferred_type(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .future() })
            )
                .wait(),
            async move { self.find(id).await },
            |
                __monitor_returned: &<BoxFuture<
                    '_,
                    u32,
                > as ::core::future::Future>::Output|
            ::monitor_runtime::__private::judge!(__monitor_returned),
        )
        .boxed()
}
