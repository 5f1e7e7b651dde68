fn exit(code: i32) -> ! {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> ! { std::process::exit(code) },
        ::monitor_runtime::__private::plain,
    )
}
