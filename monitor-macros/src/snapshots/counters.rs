fn f() {
    ::monitor_runtime::__private::run_untimed_plain(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .span(false).log(false).latency(false) })
        )
            .begin_untimed(),
        move || -> () {},
    )
}
