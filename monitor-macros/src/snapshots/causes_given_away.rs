fn f(a: Guard, causes: Vec<Id>, unused: Guard) {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of)
            .start()
            .follows_from(|| ::monitor_runtime::__private::ids(causes))
            .begin(),
        move || -> () {
            #[allow(clippy::shadow_same)]
            let a = a;
            #[allow(clippy::shadow_same)]
            let unused = unused;
            ({ a.use_() })
        },
    )
}
