fn tick() {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> () {
            work();
        },
        ::monitor_runtime::__private::plain,
    )
}
