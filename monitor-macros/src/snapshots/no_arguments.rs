fn tick() {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> () {
            work();
        },
    )
}
