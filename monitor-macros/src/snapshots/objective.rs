fn pay() -> Result<(), PayError> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .objective(& API, & const { ::monitor_runtime::__private::Bounds::of(&
            ::monitor_runtime::__private::BUCKETS, & API) })
            .classes(::monitor_runtime::__private::of_error!(CLASSES PayError PayError))
            })
        )
            .begin(),
        move || -> Result<(), PayError> { Ok(()) },
        ::monitor_runtime::__private::judge!([Result < (), PayError >], plain),
    )
}
