//! The macro that makes a program's `Builder`.

/// A [`Builder`](crate::Builder) that knows the name and version of the crate it is called in.
///
/// The name is that of the binary, or of the package if it has no binary; commit and branch come
/// from `VERGEN_GIT_SHA` and `VERGEN_GIT_BRANCH` if the build sets them.
///
/// ```no_run
/// # async fn example() -> Result<(), monitor_runtime::error::StartError> {
/// let monitor = monitor_runtime::builder!().start().await?;
/// # monitor.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "enable")]
#[macro_export]
macro_rules! builder {
    () => {{
        $crate::__list_sites!();
        $crate::Builder::new(
            ::core::option_env!("CARGO_BIN_NAME").unwrap_or(::core::env!("CARGO_PKG_NAME")),
            ::core::env!("CARGO_PKG_VERSION"),
        )
        .commit(::core::option_env!("VERGEN_GIT_SHA").unwrap_or(""))
        .branch(::core::option_env!("VERGEN_GIT_BRANCH").unwrap_or(""))
    }};
}

/// Refuses to compile: there is nothing to start.
#[cfg(not(feature = "enable"))]
#[macro_export]
macro_rules! builder {
    () => {
        ::core::compile_error!(
            "`builder!()` needs the feature `enable` of monitor-runtime, which `default-features = false` switches off: \
             add `features = [\"enable\"]` to the dependency of the program that starts it"
        )
    };
}

/// Lists the functions of the executable, which the runtime cannot see when it is in a dynamic library.
#[cfg(all(
    feature = "enable",
    any(target_os = "linux", target_os = "android", target_os = "freebsd")
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __list_sites {
    () => {
        $crate::__sites!().list()
    };
}

/// Does nothing: the runtime is off, or each function adds itself to the list.
#[cfg(not(all(
    feature = "enable",
    any(target_os = "linux", target_os = "android", target_os = "freebsd")
)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __list_sites {
    () => {};
}
