// Functions as people write them where an attribute macro is likely to trip. Three editions compile
// this file under the lints and attributes their `lib.rs` sets; `hostile.rs` also runs it.

// Without the attribute these lints report the functions, too.
#![allow(
    clippy::default_trait_access,
    clippy::elidable_lifetime_names,
    clippy::future_not_send,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::never_loop,
    clippy::ptr_arg
)]

use ::std::boxed::Box;
use ::std::cell::{Cell, RefCell};
use ::std::clone::Clone;
use ::std::convert::{AsRef, From, Into};
use ::std::default::Default;
use ::std::error::Error as StdError;
use ::std::fmt::{Debug, Display, Formatter, Result as FmtResult};
use ::std::future::Future;
use ::std::iter::{DoubleEndedIterator, Extend, IntoIterator, Iterator};
use ::std::marker::{PhantomData, Send, Sized, Sync, Unpin};
use ::std::ops::{Drop, Fn, FnMut, FnOnce};
use ::std::option::Option::{self, None, Some};
use ::std::pin::Pin;
use ::std::rc::Rc;
use ::std::result::Result::{self, Err, Ok};
use ::std::string::{String, ToString};
use ::std::vec::Vec;
use ::std::{assert_eq, concat, format, vec, write};

use super::attribute::monitored;

/// Modules with the names our own paths begin with.
pub mod core {
    /// No `core::option` here.
    #[super::monitored]
    #[must_use]
    pub fn option() -> u8 {
        1
    }
}

/// See [`core`].
pub mod std {
    /// No `std::boxed` here.
    #[super::monitored]
    pub fn boxed() -> super::Pin<super::Box<dyn super::Future<Output = u8> + super::Send>> {
        super::Box::pin(async { 1 })
    }

    /// Makes its future elsewhere.
    #[super::monitored]
    pub fn from_elsewhere() -> super::Pin<super::Box<dyn super::Future<Output = u8> + super::Send>>
    {
        boxed()
    }
}

/// See [`core`].
pub mod monitor_runtime {
    /// A private module of the wrong kind.
    pub mod __private {}

    /// A name that the runtime also uses.
    #[super::monitored]
    pub fn monitored() {}
}

/// Our internal names, in the user's hands.
#[monitored]
#[must_use]
pub fn internal_names(start: u8, body: u8, verdict: u8) -> u8 {
    #[allow(non_upper_case_globals)]
    static __MONITOR: u8 = 4;
    let (__r, __f, call, running) = (start, body, verdict, __MONITOR);
    let (returned, future, context, this) = (__r, __f, call, running);
    returned + future + context + this
}

/// A field by our closure's name.
#[monitored(fields(__f, __r = __f, verdict = %__f))]
#[must_use]
pub fn internal_names_as_fields(__f: u8) -> u8 {
    __f
}

/// Constants, which a pattern of one of these names would mean.
pub mod constants {
    #![allow(non_upper_case_globals, dead_code)]
    use super::{Ok, Result, monitored};

    const __r: u8 = 1;
    const __f: u8 = 2;
    const __c: u8 = 3;
    const value: u8 = 4;
    const verdict: u8 = 5;

    /// A verdict, a field, a value shown.
    #[monitored(fields(x), ret)]
    pub fn fails(x: u8) -> Result<u8, u8> {
        Ok(x)
    }

    /// The type of a block.
    #[monitored]
    pub async fn later() -> u8 {
        1
    }

    /// A body in its place.
    #[monitored]
    #[track_caller]
    pub fn called() -> u8 {
        1
    }
}

/// The names of the traits behind the verdict, with a method of the same name.
pub mod same_traits {
    use super::{Err, Ok, Result, Sized, monitored};

    /// Has our method on everything.
    pub trait Probe {
        /// A name that the runtime also uses.
        fn verdict(&self) -> u8 {
            0
        }
        /// And this one.
        fn record_in(&self, _: u8) {}
    }
    impl<T: ?Sized> Probe for T {}

    /// A `Result` of a type without any trait.
    #[monitored(args(number))]
    pub fn fails(number: u8) -> Result<u8, super::Opaque> {
        if number.verdict() == number {
            Err(super::Opaque)
        } else {
            Ok(1)
        }
    }
}

/// An error that shows nothing.
pub struct Opaque;

/// An alias that hides the `Result`.
pub type Outcome<T = ()> = Result<T, Opaque>;

/// An own type by the name of `Result`.
pub mod own_result {
    use super::monitored;

    /// Not the one you think of.
    pub struct Result<T>(pub T);

    /// Returns it.
    #[monitored]
    pub fn result() -> Result<u8> {
        Result(1)
    }

    /// Returns it later.
    #[monitored]
    pub async fn later() -> Result<u8> {
        Result(1)
    }
}

/// Inference: the body does not say which `Vec` or which `collect`.
#[monitored]
#[must_use]
pub fn inferred(words: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(words.iter().map(|word| (*word).into()));
    if out.is_empty() {
        return Default::default();
    }
    out.into_iter().rev().collect()
}

/// Inference across an `await`, and `?` that converts.
#[monitored]
pub async fn inferred_later(word: &str) -> Result<u16, Box<dyn ::std::error::Error + Send + Sync>> {
    let number = word.parse()?;
    if number == 0 {
        Err("zero")?;
    }
    ::std::future::ready(()).await;
    Ok(number)
}

/// Coercion at the end: to a slice, to a trait object, to a function pointer.
#[monitored]
#[must_use]
pub fn coerced(of: &Vec<u8>) -> (&[u8], Option<u8>) {
    (of, of.first().copied())
}

/// See [`coerced`].
#[monitored]
#[must_use]
pub fn coerced_to_object(number: u8) -> Box<dyn Fn(u8) -> u8> {
    if number > 3 {
        Box::new(move |more| more + number)
    } else {
        Box::new(|same| same)
    }
}

/// See [`coerced`].
#[monitored]
#[must_use]
pub fn coerced_to_slice(array: &mut [u8; 3]) -> &mut [u8] {
    array
}

/// See [`coerced`].
#[monitored]
pub async fn coerced_later(text: &String) -> &str {
    text
}

/// Lifetimes: elided, named, of a trait object, higher-ranked.
#[monitored]
#[must_use]
pub fn borrowed<'a, 'b: 'a>(left: &'a str, right: &'b str, pick: &dyn Fn(&str) -> bool) -> &'a str {
    if pick(left) { left } else { right }
}

/// See [`borrowed`].
#[monitored]
pub async fn borrowed_later<'a>(left: &'a mut Vec<u8>, _right: &u8) -> Option<&'a mut u8> {
    left.iter_mut().next_back()
}

/// See [`borrowed`].
#[monitored]
pub fn higher_ranked<F>(mut each: F) -> u8
where
    F: for<'x> FnMut(&'x u8, &'x u8) -> &'x u8,
{
    *each(&1, &2)
}

/// `impl Trait` at any depth, in and out.
#[monitored]
pub fn opaque_deep<'a>(
    words: impl IntoIterator<Item = impl AsRef<str> + 'a> + 'a,
) -> Option<(impl Iterator<Item = impl Display + 'a> + 'a, u8)> {
    Some((words.into_iter().map(|word| word.as_ref().len()), 1))
}

/// See [`opaque_deep`].
#[monitored]
pub fn opaque_error(good: bool) -> Result<impl Debug + Send, impl Debug + Send> {
    if good { Ok(1_u8) } else { Err("bad") }
}

/// See [`opaque_deep`].
#[monitored]
pub async fn opaque_later(good: bool) -> Result<impl Iterator<Item = u8>, Opaque> {
    if good {
        Ok(vec![1_u8, 2].into_iter().map(|n| n + 1))
    } else {
        Err(Opaque)
    }
}

/// A value that is lent in `Result`s nested deeper than the verdict looks, with two lifetimes that have no name.
pub struct Nested<T>(pub T);

/// An alias whose spelling hides the inner `Result`.
pub mod nested {
    /// Two in one.
    pub type Result<T, E> = super::Result<super::Result<T, E>, E>;
}

impl<T> Nested<T> {
    /// Four deep.
    #[monitored]
    pub async fn deep(&self, _other: &str) -> Result<Result<Result<Result<&T, u8>, u8>, u8>, u8> {
        Ok(Ok(Ok(Ok(&self.0))))
    }

    /// Two deep, and one by its spelling.
    #[monitored]
    pub async fn hidden(&self, _other: &str) -> nested::Result<&T, u8> {
        Ok(Ok(&self.0))
    }

    /// See [`hidden`](Self::hidden).
    #[monitored(latency = false)]
    pub async fn hidden_untimed(&self, _other: &str) -> nested::Result<&T, u8> {
        Ok(Ok(&self.0))
    }
}

/// An error that holds another for a lifetime of its own, in a type that a body cannot write.
#[monitored(latency = false)]
pub fn holds_untimed<'a, E: AsRef<dyn StdError + 'a>>(error: E) -> Result<impl Debug, E> {
    if false { Ok(1_u8) } else { Err(error) }
}

/// See [`holds_untimed`].
#[monitored(latency = false)]
pub async fn holds_untimed_later<'a, E: AsRef<dyn StdError + 'a>>(
    error: E,
) -> Result<impl Debug, E> {
    if false { Ok(1_u8) } else { Err(error) }
}

/// See [`holds_untimed`].
#[monitored(latency = false)]
pub fn holds_untimed_in_a_box<'a, E: AsRef<dyn StdError + 'a> + 'a>(
    error: E,
) -> Pin<Box<dyn Future<Output = Result<u8, E>> + 'a>> {
    Box::pin(async { Err(error) })
}

/// A future that is opaque itself.
#[monitored]
pub fn opaque_future<'a>(text: &'a str) -> impl Future<Output = Outcome<usize>> + Send + 'a {
    let length = text.len();
    async move {
        if length == 0 {
            Err(Opaque)
        } else {
            Ok(text.len())
        }
    }
}

/// A future of what is lent to it, made elsewhere.
#[monitored]
pub fn lent_future(list: &mut Vec<u8>) -> impl Future<Output = Option<u8>> + '_ {
    ByHand(Box::pin(async move { list.pop() }))
}

/// See [`lent_future`].
#[monitored]
pub fn lent_boxed_future<'a>(
    list: &'a mut Vec<u8>,
) -> Pin<Box<dyn Future<Output = Option<u8>> + 'a>> {
    if list.is_empty() {
        return Box::pin(::std::future::ready(None));
    }
    Box::pin(lent_future(list))
}

/// Resolves to a borrow, beside an error without a lifetime.
#[allow(clippy::type_complexity)]
#[monitored]
pub fn borrowed_or_failed<'a>(
    text: &'a str,
) -> Pin<Box<dyn Future<Output = Result<&'a str, Box<dyn ::std::error::Error>>> + 'a>> {
    Box::pin(async move {
        let _: u8 = text.parse()?;
        Ok(text)
    })
}

/// See [`borrowed_or_failed`].
#[allow(clippy::type_complexity)]
#[monitored]
pub fn function_or_failed<'a, 'b>(
    function: for<'x> fn(&'x &'a str, &'b str) -> &'x &'a str,
) -> impl Future<
    Output = Result<
        for<'x> fn(&'x &'a str, &'b str) -> &'x &'a str,
        Box<dyn ::std::error::Error + Send + Sync>,
    >,
> + use<'a, 'b> {
    ::std::future::ready(Ok(function))
}

/// An error that borrows, in a box.
#[monitored]
pub fn failed_with_text<'a>(text: &'a str) -> Result<u8, Box<dyn ::std::error::Error + 'a>> {
    Err(text.into())
}

/// An error that is an `Error` around some types only.
pub mod sometimes_an_error {
    use super::{
        Debug, Display, Err, FmtResult, Formatter, Future, Option, Result, Sized, Some, Sync,
        monitored,
    };
    use ::std::error::Error;

    /// The type that `thiserror` derives for a generic `#[source]`.
    #[derive(Debug)]
    pub struct Failed<E>(pub E);

    impl<E> Display for Failed<E> {
        fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
            f.write_str("failed")
        }
    }

    impl<E: Error + 'static> Error for Failed<E> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    /// Fails with a parameter.
    #[monitored]
    pub fn of_parameter<Cause: Error>(cause: Cause) -> Result<(), Failed<Cause>> {
        Err(Failed(cause))
    }

    /// Fails with a borrow.
    #[monitored(ret)]
    pub async fn of_borrow(cause: &(dyn Error + Sync)) -> Result<(), Failed<&(dyn Error + Sync)>> {
        Err(Failed(cause))
    }

    /// Fails with a parameter, later.
    #[monitored]
    pub fn later<C: Error>(cause: C) -> impl Future<Output = Result<(), Failed<Option<C>>>> {
        async { Err(Failed(Some(cause))) }
    }

    impl<E: Error> Failed<E> {
        /// Fails with a parameter that the method does not show.
        #[allow(clippy::use_self)]
        #[monitored]
        pub fn again(self) -> Result<u8, Failed<E>>
        where
            Self: Sized,
        {
            Err(self)
        }
    }
}

/// A field of what the body has given away when it makes its future.
#[monitored(fields(length = text.len()), args(text))]
pub fn given_away_before(text: String) -> impl Future<Output = usize> {
    let given = text;
    async move { given.len() }
}

/// Errors without a type, which are lent.
#[monitored(args(lent, given, boxed, maybe))]
pub fn lent_errors<'a>(
    lent: &dyn StdError,
    given: &mut (dyn StdError + Send),
    boxed: Box<dyn StdError + Send + Sync + 'a>,
    maybe: Option<&&(dyn StdError + 'a)>,
) -> String {
    format!("{lent} {given} {boxed} {}", maybe.is_some())
}

/// Errors without a type, which a future keeps.
#[monitored(args(lent, boxed))]
pub async fn lent_errors_later<'a>(lent: &dyn StdError, boxed: Box<dyn StdError + 'a>) -> String {
    format!("{lent} {boxed}")
}

/// A future that is more than that.
#[monitored]
pub fn cloneable_future() -> impl Future<Output = u8> + Clone {
    ::std::future::ready(1)
}

/// Patterns where names are expected.
#[allow(clippy::many_single_char_names)]
#[monitored(args(a, c))]
#[must_use]
pub fn patterns(
    (a, _): (u8, u8),
    [b, .., c]: [u8; 3],
    Wrapper(ref d): Wrapper<u8>,
    mut e: u8,
    _: u8,
) -> u8 {
    e += 1;
    a + b + c + *d + e
}

/// A name that an alternative binds twice.
#[monitored]
#[must_use]
pub fn alternatives((Ok(mut a) | Err(mut a)): Result<u8, u8>, _b: u8) -> u8 {
    a += 1;
    a
}

/// Lint levels of single arguments.
#[monitored]
#[must_use]
pub fn levels(#[allow(unused_mut)] mut a: u8, #[expect(unused_mut)] mut b: u8, mut c: u8) -> u8 {
    c += a + b;
    c
}

/// A closure whose signature the return type gives.
#[monitored]
pub fn signature_of_a_closure<T, K, F>(key: F) -> impl Fn(&T, &T) -> bool
where
    K: ::std::cmp::PartialEq,
    F: Fn(&T) -> K,
{
    move |left, right| key(left) == key(right)
}

/// See [`signature_of_a_closure`].
#[monitored]
pub fn signature_of_closures() -> (impl Fn(&str) -> usize, (impl Fn(&str) -> bool, u8)) {
    (|text| text.len(), (|text| text.is_empty(), 1))
}

/// The path of a type in a body.
#[monitored]
#[must_use]
pub fn path_of_a_local() -> &'static str {
    struct Local;
    ::std::any::type_name::<Local>()
}

/// See [`path_of_a_local`].
#[must_use]
pub fn path_of_a_plain_local() -> &'static str {
    struct Local;
    ::std::any::type_name::<Local>()
}

/// See [`patterns`].
#[monitored]
pub async fn patterns_later(
    (mut a, _): (u8, u8),
    Wrapper(b): Wrapper<String>,
    _unused: u8,
) -> String {
    a += 1;
    format!("{a}{b}")
}

/// A tuple struct.
pub struct Wrapper<T>(pub T);

/// Const generics, `Self`, associated types and bounds of all kinds.
impl<T, const N: usize> Wrapper<[T; N]>
where
    T: Clone + Default,
    Self: Sized,
{
    /// A constant that a body needs.
    pub const LENGTH: usize = N;

    /// `Self` as a constructor.
    #[monitored]
    #[must_use]
    pub fn filled(with: &T) -> Self {
        Self(::std::array::from_fn::<T, { N }, _>(|_| with.clone()))
    }

    /// `Self` of any kind.
    #[monitored]
    pub fn any_self(self: Pin<&mut Self>, more: [T; N]) -> Result<[T; N], [T; N]>
    where
        T: Unpin,
    {
        if Self::LENGTH == 0 {
            Err(more)
        } else {
            Ok(::std::mem::replace(&mut self.get_mut().0, more))
        }
    }

    /// `Self` in a box, by `async`.
    #[monitored]
    pub async fn boxed_self(self: Box<Self>, n: usize) -> Option<T> {
        self.0.get(n).cloned()
    }

    /// `self` to be changed.
    #[monitored]
    #[must_use]
    pub fn changed(mut self, to: &T) -> Self {
        for item in &mut self.0 {
            item.clone_from(to);
        }
        self
    }
}

/// A whole block, with everything a block can hold.
#[monitored(level = "debug")]
impl<T: Debug> Wrapper<Vec<T>> {
    #![allow(clippy::use_self)]

    /// A constant.
    pub const EMPTY: Self = Wrapper(Vec::new());

    /// Runs at compile time.
    #[monitored(skip)]
    #[must_use]
    pub const fn at_compile_time() -> usize {
        1
    }

    /// Plain.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// With its own arguments.
    #[monitored(name = "first", fields(inner = ?self.0), err(Debug, level = "info"))]
    pub async fn first(&self) -> Result<&T, Opaque> {
        self.0.first().ok_or(Opaque)
    }
}

/// A trait whose methods return a future by an alias.
pub trait Open {
    /// The alias.
    type Opening: Future;

    /// Nothing in the body says which error it has.
    fn open(&self, path: &str) -> Self::Opening;
}

impl Open for u8 {
    type Opening = Pin<Box<dyn Future<Output = Result<Self, Box<dyn ::std::error::Error>>> + Send>>;

    #[monitored]
    fn open(&self, path: &str) -> Self::Opening {
        let number = path.parse::<Self>();
        Box::pin(async move {
            let number = number?;
            Ok(number)
        })
    }
}

/// A trait with an associated type, defaults, and generic methods.
pub trait Store {
    /// The type of its items.
    type Item<'a>: Debug
    where
        Self: 'a;

    /// Required.
    fn get<'a>(&'a self, key: &str) -> Option<Self::Item<'a>>;

    /// Provided.
    #[monitored(args(key))]
    fn get_or<'a>(&'a self, key: &str, other: Self::Item<'a>) -> Self::Item<'a> {
        self.get(key).unwrap_or(other)
    }

    /// Provided, and of the trait's own type.
    #[monitored]
    fn boxed(self) -> Box<dyn Display>
    where
        Self: Sized + Display + 'static,
    {
        Box::new(self)
    }
}

impl Store for String {
    type Item<'a> = &'a str;

    #[monitored]
    fn get<'a>(&'a self, key: &str) -> Option<Self::Item<'a>> {
        self.strip_prefix(key)
    }
}

/// An alias with a lifetime, of a type with another.
pub trait Lent {
    /// The alias.
    type Lending<'a>: Future
    where
        Self: 'a;

    /// Nothing in the signature says what it is.
    fn lend<'a>(&'a self) -> Self::Lending<'a>;
}

impl<'s> Lent for Wrapper<&'s str> {
    type Lending<'a>
        = Pin<Box<dyn Future<Output = Result<&'s str, Box<dyn ::std::error::Error>>> + 'a>>
    where
        Self: 'a;

    #[monitored]
    fn lend<'a>(&'a self) -> Self::Lending<'a> {
        Box::pin(async move {
            let _: u8 = self.0.parse()?;
            Ok(self.0)
        })
    }
}

impl<T> Display for Wrapper<PhantomData<T>> {
    #[monitored]
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str("wrapped")?;
        write!(f, "{}", 1)
    }
}

impl Drop for Opaque {
    #[monitored]
    fn drop(&mut self) {}
}

/// An iterator, whose `next` runs often.
pub struct Countdown(pub u8);

impl Iterator for Countdown {
    type Item = u8;

    #[inline]
    #[monitored]
    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0)
    }
}

/// A future written by hand.
pub struct ByHand<F>(pub F);

impl<F: Future + Unpin> Future for ByHand<F> {
    type Output = F::Output;

    #[monitored]
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut ::std::task::Context<'_>,
    ) -> ::std::task::Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// A future that is there when another has been.
#[monitored]
pub async fn future_of_a_future(n: u8) -> ::std::future::Ready<u8> {
    ::std::future::ready(()).await;
    ::std::future::ready(n)
}

/// An alias by the name of another.
pub type BoxFuture<T, E = Opaque> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// Returns it.
#[monitored]
pub fn own_alias<T: 'static, E: Default + 'static>(value: Option<T>) -> BoxFuture<T, E> {
    Box::pin(async { value.ok_or_else(Default::default) })
}

/// Passes on a future whose maker knows that it lives long enough.
#[monitored]
pub fn own_alias_from<T, E>(make: &dyn Fn() -> BoxFuture<T, E>) -> BoxFuture<T, E> {
    make()
}

/// Returns it early.
#[monitored]
pub fn own_alias_early(n: u8) -> BoxFuture<u8> {
    if n == 0 {
        return Box::pin(::std::future::ready(Err(Opaque)));
    }
    Box::pin(async move { Ok(n) })
}

/// Resolves to a value that need not live as long as the future.
#[monitored]
pub fn outlived<'a, F, T, E>(future: F) -> Pin<Box<dyn Future<Output = Result<T, E>> + 'a>>
where
    F: Future<Output = Result<T, E>> + 'a,
{
    Box::pin(async move {
        ::std::future::ready(()).await;
        future.await
    })
}

/// See [`outlived`].
#[monitored]
pub fn outlived_with_text<'a, F, E: Display>(
    future: F,
) -> Pin<Box<dyn Future<Output = Result<(), E>> + 'a>>
where
    F: Future<Output = Result<(), E>> + 'a,
{
    Box::pin(future)
}

/// See [`outlived`].
#[monitored]
pub fn outlived_value<'a, F: Future + 'a>(
    future: F,
) -> Pin<Box<dyn Future<Output = F::Output> + 'a>> {
    Box::pin(future)
}

/// Says what is in the box.
#[monitored]
pub fn boxed_by_type(n: u8) -> Pin<Box<dyn Future<Output = Result<u8, Opaque>>>> {
    if n == 0 {
        return Box::pin(::std::future::ready(Err(Opaque)));
    }
    Box::<::std::future::Ready<Result<u8, Opaque>>>::pin(::std::future::ready(Ok(n)))
}

/// See [`outlived`].
#[monitored]
pub fn outlived_borrow<'a, 'b, F, T>(future: F) -> Pin<Box<dyn Future<Output = &'b T> + 'a>>
where
    F: Future<Output = &'b T> + 'a,
{
    Box::pin(async move {
        ::std::future::ready(()).await;
        future.await
    })
}

/// See [`outlived`].
#[monitored]
pub fn outlived_unboxed<'a, F, T, E>(future: F) -> impl Future<Output = Result<T, E>> + 'a
where
    F: Future<Output = Result<T, E>> + 'a,
{
    future
}

/// Ways out.
#[monitored]
#[must_use]
pub fn ways_out(numbers: &[u8]) -> Option<u8> {
    let found = 'search: {
        for (place, number) in numbers.iter().enumerate() {
            if *number == 0 {
                continue;
            }
            if place > 2 {
                return None;
            }
            if *number > 9 {
                break 'search number;
            }
        }
        numbers.first()?
    };
    'outer: loop {
        loop {
            break 'outer;
        }
    }
    Some(*found)
}

/// Never returns.
#[monitored]
pub fn never() -> ! {
    ::std::process::exit(1)
}

/// Ends in what never returns.
#[monitored]
#[track_caller]
pub fn never_at_its_end(code: i32) -> Result<u8, u8> {
    ::std::process::exit(code)
}

/// See [`never_at_its_end`].
#[monitored]
#[track_caller]
pub fn never_by_macro() -> u8 {
    ::std::unimplemented!()
}

/// Never returns, later.
#[monitored]
pub async fn never_later() -> ! {
    loop {
        ::std::future::pending::<()>().await;
    }
}

/// Returns nothing in many ways.
#[monitored]
pub fn unit_in_many_ways(n: u8) {
    if n == 0 {
        return;
    }
    if n == 1 {
        return unit_in_many_ways(0);
    }
    unit_in_many_ways(n - 1);
}

/// Calls itself.
#[monitored]
#[must_use]
pub fn recursive(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        recursive(n - 1) + recursive(n - 2)
    }
}

/// Calls itself through a box.
#[monitored]
pub fn recursive_later(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move {
        if n == 0 {
            0
        } else {
            1 + recursive_later(n - 1).await
        }
    })
}

/// Called from another language.
#[monitored]
pub extern "C" fn foreign(number: i32) -> i32 {
    number + 1
}

/// `#[cfg]` on arguments, statements and fields.
#[monitored]
#[must_use]
pub fn configured(
    #[cfg(not(any()))] a: u8,
    #[cfg(any())] b: NoSuchType,
    #[allow(unused_variables)] c: u8,
) -> u8 {
    #[cfg(any())]
    return b;
    #[cfg(not(any()))]
    return a;
}

/// Items, attributes and macros of its own.
#[monitored]
#[must_use]
#[inline(always)]
#[allow(
    clippy::items_after_statements,
    clippy::inline_always,
    clippy::mixed_attributes_style
)]
pub fn items(n: usize) -> usize {
    #![allow(unused_mut)]
    use ::std::mem::size_of;
    const SIZE: usize = size_of::<Local>();
    struct Local([u8; 4]);
    macro_rules! local {
        ($n:expr) => {
            $n + SIZE
        };
    }
    #[monitored]
    fn nested(n: usize) -> usize {
        local!(n)
    }
    let mut local = Local([0; 4]);
    nested(n) + local.0.len()
}

macro_rules! generated {
    ($(#[$attr:meta])* $vis:vis $name:ident, $ty:ty, $value:expr, $body:block, $arg:ident: $($pat:pat_param)|+) => {
        $(#[$attr])*
        #[monitored(fields($arg, twice = $value))]
        $vis fn $name($arg: $ty) -> $ty $body

        /// A module of the macro's own.
        pub mod $arg {
            use super::*;

            /// With a pattern.
            #[monitored]
            #[must_use]
            pub fn matches(it: $ty) -> bool {
                ::std::matches!(it, $($pat)|+)
            }

            /// `async`.
            #[monitored(args($arg))]
            pub async fn later($arg: $ty) -> Result<$ty, Opaque> {
                Ok($value)
            }
        }
    };
}

generated! {
    /// Written by a macro.
    #[must_use]
    pub by_macro, u8, 2_u8 * 2, { let x = 1; x + 1 }, generated_arg: 1 | 2
}

macro_rules! with_arguments {
    ($name:ident, $text:expr, $level:expr, $list:expr, $bound:expr, $off:expr, $rule:expr) => {
        /// Its arguments are a macro's.
        #[monitored(
            $text, target = $text, level = $level, slow = $text, buckets = $list, span = $off, ok_if = $rule,
            sentry(level = $level, throttle = $off, fingerprint = [$text]),
        )]
        pub fn $name() {}

        /// A list of them.
        pub mod $name {
            /// In seconds.
            #[super::monitored(buckets = [$bound, 2])]
            pub fn bound() {}
        }
    };
}

with_arguments! {
    told_by_a_macro, "1s", "info", [0.1, 1], 1.5, false, |()| true
}

macro_rules! method {
    ($self:ident, $($name:ident => $body:expr),*) => {$(
        /// Written by a macro, `self` and all.
        #[monitored]
        #[must_use]
        pub fn $name(&$self) -> usize {
            $body
        }
    )*};
}

/// Methods by macro.
pub struct ByMacro(pub usize);

impl ByMacro {
    method!(self, once => self.0, twice => self.0 * 2);
}

/// A generic future must stay `Send` where the plain one is.
#[monitored]
pub async fn is_send<T: Send + Sync>(value: &T) -> &T {
    ::std::future::ready(()).await;
    value
}

/// And need not be where it is not.
#[monitored]
pub async fn is_not_send(value: Rc<Cell<u8>>) -> u8 {
    ::std::future::ready(()).await;
    value.get()
}

/// Unsized, dynamic and function-typed arguments.
#[monitored]
pub fn dynamic(
    text: &str,
    make: fn(&str) -> usize,
    then: Box<dyn FnOnce(usize) -> usize>,
) -> usize {
    then(make(text))
}

/// Closures that outlive the body.
#[monitored]
pub fn closure(log: Rc<RefCell<Vec<u8>>>) -> impl FnMut(u8) {
    move |n| log.borrow_mut().push(n)
}

/// Two mutable borrows, one after the other.
#[monitored]
pub fn reborrowed(list: &mut Vec<u8>) -> &mut u8 {
    list.push(1);
    let again = &mut *list;
    again.push(2);
    &mut again[0]
}

/// Raw names.
#[monitored(args(r#type), fields(r#loop = r#type))]
#[must_use]
pub fn r#match(r#type: u8) -> u8 {
    r#type
}

/// A deprecated function.
#[deprecated = "use another"]
#[monitored]
pub fn old() {}

struct Noisy<'a>(&'a RefCell<Vec<&'static str>>, &'static str);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

#[monitored]
fn dropped_in_order(first: Noisy<'_>, _second: Noisy<'_>, third: Noisy<'_>) -> usize {
    let _local = Noisy(first.0, "local");
    let _ = Noisy(first.0, "temporary");
    third.1.len()
}

#[monitored]
async fn dropped_in_order_later(first: Noisy<'_>, _second: Noisy<'_>, third: Noisy<'_>) -> usize {
    let _local = Noisy(first.0, "local");
    let _ = Noisy(first.0, "temporary");
    third.1.len()
}

/// A type whose `async` methods capture all of their arguments, named or not.
pub struct Lender<'a, T: ?Sized> {
    name: &'a str,
    inner: Box<T>,
}

#[monitored]
impl<'a, T: ?Sized + Debug + Sync> Lender<'a, T> {
    /// Outlives the borrow.
    pub async fn name(&self) -> &'a str {
        self.name
    }

    /// Two lifetimes without a name, and one of them comes back.
    pub async fn lend(&mut self, log: &mut Vec<&'static str>) -> &mut T {
        log.push("lent");
        &mut self.inner
    }

    /// `mut`, twice, and both are dropped.
    pub async fn rename(mut self, mut name: String) -> (Self, String) {
        name.push('!');
        self.name = "renamed";
        (self, name)
    }

    /// Elided in a trait object.
    pub async fn elided(&self, _why: &str) -> Result<&T, Box<dyn ::std::error::Error + '_>> {
        Ok(&self.inner)
    }

    /// Takes a reference to a pointer.
    pub async fn shared<'r>(self: &'r ::std::sync::Arc<Self>, other: &u8) -> (&'r T, u8) {
        (&self.inner, *other)
    }
}

/// Two lifetimes that have nothing to do with each other.
#[monitored]
pub async fn unrelated_later<'a, 'b>(left: &'a str, right: &'b mut String) -> (&'a str, &'b str) {
    right.push_str(left);
    (left, right)
}

/// A future that is sent by the function it is of.
#[monitored]
pub async fn sends_itself(n: u8) -> u8 {
    fn sent<F: Future<Output = u8> + Send>(future: F) -> Pin<Box<F>> {
        Box::pin(future)
    }
    if n == 0 {
        0
    } else {
        sent(sends_itself_too(n - 1)).await + 1
    }
}

#[monitored]
async fn sends_itself_too(n: u8) -> u8 {
    n
}

/// Is called with what it borrows.
#[monitored]
pub async fn called_with_borrows<F>(lend: F) -> usize
where
    F: for<'x> Fn(&'x str) -> Pin<Box<dyn Future<Output = usize> + 'x>>,
{
    let local = String::from("local");
    lend(&local).await
}

/// Asks for `Send` of what an `async` function implements.
pub trait Fetch {
    /// The error of a failed fetch.
    type Problem: ::std::error::Error;

    /// Fetches.
    fn fetch(&self, key: &str) -> impl Future<Output = Result<usize, Self::Problem>> + Send;

    /// Fetches twice.
    #[allow(async_fn_in_trait)]
    #[monitored]
    async fn fetch_twice(&self, key: &str) -> Result<usize, Self::Problem> {
        Ok(self.fetch(key).await? + self.fetch(key).await?)
    }

    /// Makes itself of two.
    #[allow(async_fn_in_trait)]
    #[monitored]
    async fn of(first: String, second: String) -> Self
    where
        Self: Sized + From<String>,
    {
        Self::from(first + &second)
    }
}

#[monitored]
impl Fetch for String {
    type Problem = ::std::num::ParseIntError;

    async fn fetch(&self, key: &str) -> Result<usize, Self::Problem> {
        Ok(self.len() + key.trim().parse::<usize>()?)
    }
}

/// A future of an answer.
pub type Later<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// Runs what has an answer.
#[allow(clippy::missing_panics_doc)]
pub fn check(now: &dyn Fn(Later<'_>) -> String) {
    assert_eq!(internal_names(1, 2, 3), 10);
    assert_eq!(inferred(&["a", "b"]), ["b", "a"]);
    assert_eq!(ways_out(&[0, 1, 12]), Some(12));
    assert_eq!(recursive(10), 55);
    assert_eq!(patterns((1, 0), [2, 0, 3], Wrapper(4), 5, 0), 16);
    assert_eq!(items(1), 9);
    ::std::assert!(signature_of_a_closure(|n: &u8| n % 2)(&1, &3));
    assert_eq!(
        path_of_a_local().replace("_a_", "_a_plain_"),
        path_of_a_plain_local()
    );
    assert_eq!(by_macro(1), 2);
    assert_eq!(Countdown(3).sum::<u8>(), 3);
    assert_eq!(Wrapper(PhantomData::<u8>).to_string(), "wrapped1");
    assert_eq!(
        now(Box::pin(async { recursive_later(3).await.to_string() })),
        "3"
    );
    assert_eq!(
        now(Box::pin(async {
            patterns_later((1, 0), Wrapper("x".into()), 0).await
        })),
        "2x"
    );

    let order = RefCell::new(Vec::new());
    let noisy = |name| Noisy(&order, name);
    dropped_in_order(noisy("first"), noisy("second"), noisy("third"));
    let expected = ["temporary", "local", "third", "second", "first"];
    assert_eq!(order.take(), expected, concat!("in ", "order"));
    now(Box::pin(async {
        dropped_in_order_later(noisy("first"), noisy("second"), noisy("third"))
            .await
            .to_string()
    }));
    assert_eq!(order.take(), expected);
    let lender = Lender {
        name: "lender",
        inner: Box::<[u8]>::from(&[1, 2][..]),
    };
    now_lent(now, lender);
    ::std::mem::drop(vec![From::from(1_u8); 1] as Vec<u16>);
}

fn now_lent(now: &dyn Fn(Later<'_>) -> String, mut lender: Lender<'_, [u8]>) {
    let answer = now(Box::pin(async {
        let mut log = Vec::new();
        lender.lend(&mut log).await[0] += 2;
        let name = lender.name().await;
        let (lender, suffix) = lender.rename("x".into()).await;
        let inner = lender.elided("").await.map_or(0, <[u8]>::len);
        let renamed = lender.name;
        let shared = ::std::sync::Arc::new(lender);
        let (first, other) = shared.shared(&7).await;
        format!("{log:?} {name} {renamed} {suffix} {inner} {first:?} {other}")
    }));
    assert_eq!(answer, r#"["lent"] lender renamed x! 2 [3, 2] 7"#);
    let answer = now(Box::pin(async {
        let mut right = String::from("r");
        let pair = format!("{:?}", unrelated_later("l", &mut right).await);
        let sent = sends_itself(3).await;
        let called = called_with_borrows(|text| Box::pin(async move { text.len() })).await;
        let fetched = String::from("abc").fetch_twice("4").await;
        let made = <String as Fetch>::of("a".into(), "b".into()).await;
        format!("{pair} {sent} {called} {fetched:?} {made}")
    }));
    assert_eq!(answer, r#"("l", "rl") 3 5 Ok(14) ab"#);
}
