fn f() {
    ::monitor_runtime::__private::run(
        ::monitor_runtime::__private::site!(
            .with(& const { ::monitor_runtime::__private::Settings::new().span(false)
            .log(false).latency(false) })
        )
            .start(),
        move || -> () {},
        ::monitor_runtime::__private::plain,
    )
}
