async fn tick() {
    ::monitor_runtime::__private::run_async(
            ::monitor_runtime::__private::site!().wait(),
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
