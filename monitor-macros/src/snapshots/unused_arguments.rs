fn f(&self, a: Guard, unused: Guard, n: u8, said: String, _5: (Guard, Guard)) {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .fields(& ["n"]) })
        )
            .start_with(|__monitor_fields| {
                __monitor_fields.value(&(said.len()));
            })
            .begin(),
        move || -> () {
            #[allow(clippy::shadow_same)]
            let a = a;
            #[allow(clippy::shadow_same)]
            let unused = unused;
            #[allow(clippy::shadow_same, unused_variables)]
            #[allow(unused_mut)]
            let mut said = said;
            #[allow(
                unused_mut,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut _5 = _5;
            #[allow(
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let (b, _) = _5;
            #[allow(clippy::used_underscore_binding)]
            let _ = (&b,);
            ({ a.is(b) })
        },
    )
}
