fn f(a: u32) -> u32 {
    #![allow(unused_mut)]
    fn help(a: u32) -> u32 {
        a
    }
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> u32 { help(a) },
    )
}
