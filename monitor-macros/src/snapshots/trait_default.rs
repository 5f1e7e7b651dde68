fn describe(&self) -> String
where
    Self: Display,
{
    ::monitor_runtime::__private::run(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                ::monitor_runtime::__private::path_of(&|| ()),
                ::core::module_path!(),
            );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start(),
        move || -> String {
            let _ = (&self,);
            ({ self.to_string() })
        },
        ::monitor_runtime::__private::plain,
    )
}
