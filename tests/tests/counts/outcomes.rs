//! Every kind of function by every way out: what is counted, timed and in flight.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use monitor_runtime::monitored;
use monitor_tests::{Counts, message, pause, poll, run, scrape};

#[derive(Clone, Copy)]
enum Way {
    Ok,
    Err,
    Panic,
}

impl Way {
    fn go(self) -> io::Result<u8> {
        match self {
            Self::Ok => Ok(7),
            Self::Err => Err(io::Error::other("it went wrong")),
            Self::Panic => panic!("it blew up"),
        }
    }

    async fn walk(self) -> io::Result<u8> {
        pause().await;
        self.go()
    }
}

/// Calls a function in every way it can end.
fn sync_ends(function: &str, call: impl Fn(Way) -> io::Result<u8>) {
    let step = |way: Way, expected: Counts, what: &str| {
        let before = scrape().counts(function);
        let ended = catch_unwind(AssertUnwindSafe(|| call(way)));
        let since = scrape().counts(function).since(before);
        assert_eq!(since, expected, "{function}, {what}");
        ended
    };
    let ok = step(Way::Ok, Counts::oks(1), "one call that is ok");
    assert_eq!(ok.expect("no panic").expect("ok"), 7, "{function} returns");
    let error = step(Way::Err, Counts::errors(1), "one call that fails");
    let error = error.expect("no panic").expect_err("an error");
    assert_eq!(error.to_string(), "it went wrong", "{function} fails");
    let panic = step(Way::Panic, Counts::panics(1), "one call that panics");
    let panic = panic.expect_err("a panic");
    assert_eq!(message(&*panic), "it blew up", "{function} panics");
}

/// Drives a function's future to every end it can find.
fn async_ends<F>(function: &str, call: impl Fn(Way) -> F)
where
    F: Future<Output = io::Result<u8>>,
{
    sync_ends(function, |way| run(call(way)));

    let before = scrape().counts(function);
    let since = || scrape().counts(function).since(before);
    drop(call(Way::Ok));
    let none = Counts::default();
    assert_eq!(since(), none, "{function}, never polled, is no call");

    let mut future = Box::pin(call(Way::Ok));
    assert_eq!(since(), none, "{function}, not yet polled, is no call");
    assert!(poll(future.as_mut()).is_pending(), "{function} pauses");
    assert_eq!(since(), Counts::running(1), "{function}, polled once");
    drop(future);
    assert_eq!(since(), Counts::cancels(1), "{function}, dropped pending");
}

#[monitored]
fn plain(way: Way) -> io::Result<u8> {
    way.go()
}

#[monitored]
fn plain_with_early_return(way: Way) -> io::Result<u8> {
    let value = way.go()?;
    if value == 7 {
        return Ok(value);
    }
    Err(io::Error::other("unreachable"))
}

#[test]
fn a_function_by_every_way_out() {
    sync_ends("plain", plain);
    sync_ends("plain_with_early_return", plain_with_early_return);
}

#[monitored]
async fn asynchronous(way: Way) -> io::Result<u8> {
    way.walk().await
}

#[monitored]
async fn asynchronous_by_reference(way: &Way) -> io::Result<u8> {
    let value = way.walk().await?;
    Ok(value)
}

#[test]
fn an_async_function_by_every_way_out() {
    async_ends("asynchronous", asynchronous);
    async_ends("asynchronous_by_reference", |way| {
        let way: &'static Way = Box::leak(Box::new(way));
        asynchronous_by_reference(way)
    });
}

#[async_trait]
trait Work {
    async fn work(&self, way: Way) -> io::Result<u8>;
}

struct OnMethod;
struct BelowAsyncTrait;
struct AboveAsyncTrait;

#[async_trait]
impl Work for OnMethod {
    #[monitored]
    async fn work(&self, way: Way) -> io::Result<u8> {
        way.walk().await
    }
}

#[async_trait]
#[monitored]
impl Work for BelowAsyncTrait {
    async fn work(&self, way: Way) -> io::Result<u8> {
        way.walk().await
    }
}

#[monitored]
#[async_trait]
impl Work for AboveAsyncTrait {
    async fn work(&self, way: Way) -> io::Result<u8> {
        let value = way.walk().await?;
        Ok(value)
    }
}

#[test]
fn an_async_trait_method_by_every_way_out() {
    async_ends("<OnMethod as Work>::work", |way| OnMethod.work(way));
    async_ends("<BelowAsyncTrait as Work>::work", |way| {
        BelowAsyncTrait.work(way)
    });
    async_ends("<AboveAsyncTrait as Work>::work", |way| {
        AboveAsyncTrait.work(way)
    });
}

#[monitored]
fn boxed(way: Way) -> Pin<Box<dyn Future<Output = io::Result<u8>> + Send>> {
    Box::pin(async move { way.walk().await })
}

#[monitored]
fn boxed_behind_statements(way: Way) -> BoxFuture<'static, io::Result<u8>> {
    let again = way;
    Box::pin(async move {
        let value = again.walk().await?;
        Ok(value)
    })
}

#[monitored]
fn boxed_by_method(way: Way) -> LocalBoxFuture<'static, io::Result<u8>> {
    async move { way.walk().await }.boxed_local()
}

#[monitored]
fn boxed_elsewhere(way: Way) -> BoxFuture<'static, io::Result<u8>> {
    if matches!(way, Way::Ok) {
        return Box::pin(way.walk());
    }
    way.walk().boxed()
}

#[monitored]
fn boxed_at_each_exit(way: Way) -> BoxFuture<'static, io::Result<u8>> {
    if matches!(way, Way::Ok) {
        return Box::pin(way.walk());
    }
    match way {
        Way::Ok => unreachable!(),
        Way::Err => Box::pin(async move { way.walk().await }),
        Way::Panic => {
            let walk = way.walk();
            Box::pin(walk)
        }
    }
}

type Later = Pin<Box<dyn Future<Output = io::Result<u8>>>>;

#[monitored]
fn boxed_under_an_alias(way: Way) -> Later {
    if matches!(way, Way::Err) {
        return Box::pin(way.walk());
    }
    Box::pin(async move { way.walk().await })
}

#[test]
fn a_boxed_future_by_every_way_out() {
    async_ends("boxed_at_each_exit", boxed_at_each_exit);
    async_ends("boxed_under_an_alias", boxed_under_an_alias);
    async_ends("boxed", boxed);
    async_ends("boxed_behind_statements", boxed_behind_statements);
    async_ends("boxed_by_method", boxed_by_method);
    async_ends("boxed_elsewhere", boxed_elsewhere);
}

#[monitored]
fn opaque(way: Way) -> impl Future<Output = io::Result<u8>> {
    async move { way.walk().await }
}

#[monitored]
fn delegated(way: Way) -> impl Future<Output = io::Result<u8>> + Send {
    way.walk()
}

#[test]
fn an_impl_future_by_every_way_out() {
    async_ends("opaque", opaque);
    async_ends("delegated", delegated);
}

struct Service(Way);

#[monitored]
impl Service {
    fn sync(&self) -> io::Result<u8> {
        self.0.go()
    }

    async fn asynchronous(self) -> io::Result<u8> {
        self.0.walk().await
    }
}

#[test]
fn methods_of_a_monitored_block_by_every_way_out() {
    sync_ends("Service::sync", |way| Service(way).sync());
    async_ends("Service::asynchronous", |way| Service(way).asynchronous());
}

mod own_macros;

mod running;
