#[async_trait]
impl<T: Send> Store<{ SIZE }> for Orders<T>
where
    T: Sync,
{
    #![allow(unused)]
    type Key = u32;
    const LIMIT: usize = 1;
    #[inline]
    async fn get(&self, id: u32) -> Option<&T> {
        ::monitor_runtime::__private::once(move || ::monitor_runtime::__private::run_async_by_type(
                ::monitor_runtime::__private::site!(
                    with_settings(& const {
                    ::monitor_runtime::__private::Settings::of_async()
                    .level(::monitor_runtime::__private::Level::TRACE).fields(& ["id"])
                    .err_log(false) })
                )
                    .start_with(|__monitor_fields| {
                        ::monitor_runtime::__private::record!(__monitor_fields, id);
                    })
                    .wait(),
                async move {
                    if false {
                        return ::monitor_runtime::__private::never::<Option<&T>>();
                    }
                    ({ self.rows.get(id) })
                },
                ::monitor_runtime::__private::judge!([Option < & T >]),
            ))
            .await
    }
    fn len(&self) -> usize {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .level(::monitor_runtime::__private::Level::DEBUG).err_log(false) })
            )
                .begin(),
            move || -> usize { self.rows.len() },
        )
    }
    const fn limit() -> usize {
        Self::LIMIT
    }
    default fn close(self) {
        ::monitor_runtime::__private::run_plain(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .level(::monitor_runtime::__private::Level::DEBUG).err_log(false) })
            )
                .begin(),
            move || -> () {},
        )
    }
}
