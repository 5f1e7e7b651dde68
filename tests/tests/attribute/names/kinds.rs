use super::*;

#[monitored]
fn free() {}

#[monitored]
async fn async_free() {}

#[monitored]
fn free_generic<T: Clone>(value: &T) -> T {
    value.clone()
}

#[monitored]
async fn async_free_generic<T>(value: T) -> T {
    value
}

#[monitored]
fn free_opaque(value: impl Into<u64>) -> impl Into<u64> {
    value
}

pub(crate) struct Orders;

impl Orders {
    #[monitored]
    fn create() {}

    #[monitored]
    async fn async_create() {}

    #[monitored]
    fn generic<T>(&self, _value: T) {}

    #[monitored]
    async fn async_generic<T>(&self, _value: T) {}

    #[monitored]
    fn boxed(&self) -> futures_util::future::BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

struct Cache<K, V>(K, V);

impl<K, V> Cache<K, V> {
    #[monitored]
    fn get(&self) {}

    #[monitored]
    async fn async_get(&self) {}

    #[monitored]
    fn get_as<T>(&self, value: T) -> T {
        value
    }
}

impl Cache<u8, Vec<String>> {
    #[monitored]
    fn special(&self) {}
}

enum Shape {}

#[monitored]
impl Shape {
    fn in_block() {}

    async fn async_in_block() {}

    #[monitored(name = "renamed")]
    fn named_in_block() {}

    #[monitored(skip)]
    fn left_out() {}

    #[cfg_attr(all(), monitored(skip))]
    fn left_out_here() {}

    #[cfg_attr(any(), monitored(skip))]
    fn left_out_elsewhere() {}

    #[cfg_attr(
        all(),
        inline,
        cfg_attr(any(), doc = "x"),
        cfg_attr(all(), monitored(name = "nested"))
    )]
    #[cfg_attr(any(), monitored(name = "never"))]
    fn named_under_conditions() {}
}

trait Store {
    fn load(&self);

    #[monitored]
    fn provided(&self) {}
}

impl Store for Orders {
    #[monitored]
    fn load(&self) {}
}

impl<K, V> Store for Cache<K, V> {
    #[monitored]
    fn load(&self) {}
}

impl Store for Vec<u8> {
    #[monitored]
    fn load(&self) {}
}

impl<T> Store for &[T] {
    #[monitored]
    fn load(&self) {}

    #[monitored]
    fn provided(&self) {}
}

trait Fetch<T> {
    async fn fetch(&self) -> T;

    #[monitored]
    async fn provided(&self) -> Option<T> {
        None
    }
}

impl Fetch<u8> for Orders {
    #[monitored]
    async fn fetch(&self) -> u8 {
        0
    }
}

#[async_trait]
trait Boxed {
    async fn required(&self);

    #[monitored]
    async fn provided(&self) {}
}

#[async_trait]
impl Boxed for Orders {
    #[monitored]
    async fn required(&self) {}
}

fn around() {
    #[monitored]
    fn nested() {}
    #[monitored]
    async fn async_nested() {}
    struct Local;
    impl Local {
        #[monitored]
        fn method() {}
    }
}

#[monitored]
fn monitored_around() {
    #[monitored]
    fn nested() {}
}

fn raw() {
    #[monitored]
    fn r#match() {}
    #[monitored]
    async fn r#async() {}
}

macro_rules! function {
    ($name:ident) => {
        #[monitored]
        fn $name() {}
    };
}
function!(by_macro);

impl dyn Store {
    #[monitored]
    fn of_the_object(&self) {}
}

#[monitored(name = "given")]
fn not_this() {}

#[monitored("given_short")]
async fn nor_this() {}
