fn describe(&self) -> String
where
    Self: Display,
{
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> String { self.to_string() },
    )
}
