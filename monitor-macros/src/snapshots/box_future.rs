fn get(&self, id: u32) -> BoxFuture<'_, u32> {
    ::monitor_runtime::__private::run_async(
            ::monitor_runtime::__private::site!().wait(),
            async move { self.find(id).await },
            ::monitor_runtime::__private::plain,
        )
        .boxed()
}
