fn list(&self) -> Result<Vec<(u32, impl Iterator<Item = impl Display> + '_)>, Error> {
    ::monitor_runtime::__private::run_by_inferred_type(
        ::monitor_runtime::__private::site!(
            with_settings(::monitor_runtime::__private::of_error!(SYNC Error Error))
        )
            .begin(),
        move || -> Result<Vec<(u32, _)>, Error> { self.rows() },
        |__monitor_returned: &_| ::monitor_runtime::__private::judge!(__monitor_returned),
    )
}
