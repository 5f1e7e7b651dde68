fn check_out(order: &Order) -> Result<Receipt, Error> {
    ::monitor_runtime::__private::run(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .target(TARGET).ret_level(::monitor_runtime::__private::Level::DEBUG)
            .slow(90000000000u64).buckets(& [0.01, 0.5, 1.0])
            .sentry_level(::monitor_runtime::__private::SentryLevel::Warning).tags(&
            ["plan"]).fingerprint(2usize).throttle(10u32, 60000000000u64) })
        )
            .start_with(|__monitor_fields| {
                __monitor_fields.display(&(order.plan));
                __monitor_fields.value("{{ default }}");
                __monitor_fields.display(&(order.tenant));
            })
            .parent(|| ::monitor_runtime::__private::id(&span))
            .follows_from(|| ::monitor_runtime::__private::ids(causes))
            .begin(),
        move || -> Result<Receipt, Error> { self.pay() },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned Display)
                .classify(__monitor_returned, rules::order)
                .report_when(__monitor_returned, Result::is_err)
        },
    )
}
