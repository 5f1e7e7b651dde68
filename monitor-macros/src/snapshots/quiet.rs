fn f() -> io::Result<()> {
    crate::rt::__private::run_by_type(
        crate::rt::__private::site!(
            with_settings(& const { crate ::rt::__private::Settings::new().level(crate
            ::rt::__private::Level::ERROR).err_log(false).classes(crate
            ::rt::__private::of_error!(CLASSES(io::Result < () >))) })
        )
            .begin(),
        move || -> io::Result<()> { g() },
        crate::rt::__private::judge!([io::Result < () >], plain),
    )
}
