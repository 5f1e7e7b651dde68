fn get(id: u32) -> impl Future<Output = impl Display> + Send {
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
        async move { find(id).await },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned)
        },
    )
}
