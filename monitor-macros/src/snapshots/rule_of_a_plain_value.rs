async fn find(id: u32) -> bool {
    ::monitor_runtime::__private::run_async(
            {
                static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                        ::monitor_runtime::__private::path_of(&|| ()),
                        ::core::module_path!(),
                        ::core::file!(),
                        ::core::line!(),
                    )
                    .with(
                        &const {
                            ::monitor_runtime::__private::Settings::new()
                                .ret()
                                .buckets(::monitor_runtime::__private::FAST_BUCKETS)
                        },
                    );
                ::monitor_runtime::__private::register!(__MONITOR);
                &__MONITOR
            }
                .start(),
            async move {
                if let ::core::option::Option::Some(__r) = ::core::option::Option::None::<
                    bool,
                > {
                    return __r;
                }
                ({ true })
            },
            |__r: &_| {
                ::monitor_runtime::__private::plain(__r)
                    .shown(::monitor_runtime::__private::Shown::Debug(__r))
                    .ok_if(__r, |found| *found)
            },
        )
        .await
}
