fn get(&self, id: u32) -> BoxFuture<'_, u32> {
    ::monitor_runtime::__private::run_async(
            {
                static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                    ::monitor_runtime::__private::path_of(&|| ()),
                    ::core::module_path!(),
                );
                ::monitor_runtime::__private::register!(__MONITOR);
                &__MONITOR
            }
                .start(),
            async move { self.find(id).await },
            ::monitor_runtime::__private::plain,
        )
        .boxed()
}
