async fn list() -> impl Iterator<Item = u32> {
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
            async move { rows().await },
            |__monitor_returned: &_| {
                ::monitor_runtime::__private::verdict!(__monitor_returned)
            },
        )
        .await
}
