fn f() {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .span(false).log(false).latency(false) })
        )
            .begin_untimed(),
        move || -> () {},
        ::monitor_runtime::__private::Untimed(::monitor_runtime::__private::AlwaysOk),
    )
}
