async fn tick() {
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
            async move {
                if let ::core::option::Option::Some(__monitor_returned) = ::core::option::Option::None::<
                    (),
                > {
                    return __monitor_returned;
                }
                ({ work().await })
            },
            ::monitor_runtime::__private::plain,
        )
        .await
}
