async fn find(id: u32) -> bool {
    ::monitor_runtime::__private::run_async(
            ::monitor_runtime::__private::site!(
                with_settings(& const {
                ::monitor_runtime::__private::Settings::of_async().ret()
                .buckets(::monitor_runtime::__private::FAST_BUCKETS) })
            )
                .wait(),
            async move {
                if false {
                    return ::monitor_runtime::__private::never::<bool>();
                }
                ({ true })
            },
            |__monitor_returned: &_| {
                ::monitor_runtime::__private::Verdict::Shown(
                        ::monitor_runtime::__private::Shown::Debug(__monitor_returned),
                    )
                    .ok_if(__monitor_returned, |found| *found)
            },
        )
        .await
}
