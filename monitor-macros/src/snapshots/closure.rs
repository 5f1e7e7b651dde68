fn adder(n: u32) -> impl Fn(&u32) -> u32 {
    let __monitor_call = ::monitor_runtime::__private::Inline::new(
        ::monitor_runtime::__private::site!(of).begin(),
    );
    ({ move |m| n + m })
}
