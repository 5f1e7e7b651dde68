fn open(&self, path: PathBuf) -> Self::Opening {
    Box::pin(
        ::monitor_runtime::__private::run_async_by_inferred_type(
            ::monitor_runtime::__private::site!(
                with_settings(& const { ::monitor_runtime::__private::Settings::new()
                .future() })
            )
                .wait(),
            async move { Ok(File::open(path).await?) },
            |__monitor_returned: &<Self::Opening as ::core::future::Future>::Output| {
                ::monitor_runtime::__private::judge!(__monitor_returned)
            },
        ),
    )
}
