/// Adds.
#[inline]
pub(crate) fn add(a: u32, b: u32) -> u32 {
    ::monitor_runtime::__private::run_plain(
        ::monitor_runtime::__private::site!(
            with_settings(& const { ::monitor_runtime::__private::Settings::new()
            .doc("Adds.") })
        )
            .begin(),
        move || -> u32 {
            #[allow(clippy::shadow_same)]
            let mut b = b;
            ({
                b += a;
                b
            })
        },
    )
}
