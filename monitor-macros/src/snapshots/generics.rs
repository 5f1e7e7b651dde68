pub(super) unsafe extern "C" fn f<'a, T: Copy, const N: usize>(t: &'a T) -> [T; N]
where
    T: 'a,
{
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(of).begin(),
        move || -> [T; N] { [*t; N] },
    )
}
