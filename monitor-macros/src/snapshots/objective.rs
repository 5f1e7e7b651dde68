fn pay() -> Result<(), PayError> {
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(
            of.with(& const { ::monitor_runtime::__private::Settings::new().objective(&
            API, & const { ::monitor_runtime::__private::Bounds::of(&
            ::monitor_runtime::__private::BUCKETS, & API) }).classes({ struct PayError; {
            use self:: *; { use ::monitor_runtime::__private::NoClasses as _;
            ::monitor_runtime::__private::ClassesOf:: < PayError > ::CLASSES } } }) })
        )
            .begin(),
        move || -> Result<(), PayError> { Ok(()) },
        |__monitor_returned: &_| ::monitor_runtime::__private::judge!(__monitor_returned),
    )
}
