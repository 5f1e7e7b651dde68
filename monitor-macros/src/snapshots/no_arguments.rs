fn tick() {
    ::monitor_runtime::__private::run(
        ::monitor_runtime::__private::site!().begin(),
        move || -> () {
            work();
        },
        ::monitor_runtime::__private::plain,
    )
}
