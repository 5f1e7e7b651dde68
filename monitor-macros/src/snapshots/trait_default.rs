fn describe(&self) -> String
where
    Self: Display,
{
    ::monitor_runtime::__private::run_by_type(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> String { self.to_string() },
        ::monitor_runtime::__private::plain,
    )
}
