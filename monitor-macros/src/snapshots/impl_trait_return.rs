fn list(&self) -> Result<Vec<(u32, impl Iterator<Item = impl Display> + '_)>, Error> {
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
        move || -> Result<Vec<(u32, _)>, Error> {
            let _ = (&self,);
            ({ self.rows() })
        },
        |__monitor_returned: &_| {
            ::monitor_runtime::__private::verdict!(__monitor_returned)
        },
    )
}
