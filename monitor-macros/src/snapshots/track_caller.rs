#[track_caller]
fn at(what: &str) -> Result<&'static Location<'static>, Error> {
    let mut __c = ::monitor_runtime::__private::Inline::begin(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                    ::monitor_runtime::__private::path_of(&|| ()),
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                )
                .with(
                    &const {
                        ::monitor_runtime::__private::Settings::new().fields(&["what"])
                    },
                );
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start_with(|__f| {
                ::monitor_runtime::__private::record!(__f, what);
            }),
    );
    let __r: Result<&'static Location<'static>, Error> = ({
        check(what);
        Ok(Location::caller())
    });
    __c.close(&__r, |__r: &_| ::monitor_runtime::__private::verdict!(__r));
    __r
}
