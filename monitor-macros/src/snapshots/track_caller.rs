#[track_caller]
fn at(what: &str) -> Result<&'static Location<'static>, Error> {
    let mut __call = ::monitor_runtime::__private::open(
        {
            static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                    ::monitor_runtime::__private::path_of(&|| ()),
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                )
                .fields(&["what"]);
            ::monitor_runtime::__private::register!(__MONITOR);
            &__MONITOR
        }
            .start_with(|__f| {
                ::monitor_runtime::__private::record!(__f, what);
            }),
    );
    let __running = ::monitor_runtime::__private::enter(&mut __call);
    let __r: Result<&'static Location<'static>, Error> = ({
        check(what);
        Ok(Location::caller())
    });
    ::monitor_runtime::__private::close(
        __running,
        &__r,
        |__r: &_| ::monitor_runtime::__private::verdict!(__r),
    );
    __r
}
