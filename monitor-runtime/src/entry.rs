//! How a program gets its [`Builder`](crate::Builder).

/// A [`Builder`](crate::Builder) that knows the name and version of the crate it is called in.
///
/// The name is that of the binary, or of the package where there is none; commit and branch come
/// from `VERGEN_GIT_SHA` and `VERGEN_GIT_BRANCH` if the build sets them.
///
/// ```no_run
/// # async fn example() -> Result<(), monitor_runtime::StartError> {
/// let monitor = monitor_runtime::builder!().start().await?;
/// # monitor.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! builder {
    () => {
        $crate::Builder::new(
            ::core::option_env!("CARGO_BIN_NAME").unwrap_or(::core::env!("CARGO_PKG_NAME")),
            ::core::env!("CARGO_PKG_VERSION"),
        )
        .commit(::core::option_env!("VERGEN_GIT_SHA").unwrap_or(""))
        .branch(::core::option_env!("VERGEN_GIT_BRANCH").unwrap_or(""))
    };
}
