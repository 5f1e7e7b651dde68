fn exit(code: i32) -> ! {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> ! { std::process::exit(code) },
    )
}
