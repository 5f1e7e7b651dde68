::core::compile_error! {
    "unknown argument `lvel`, did you mean `level`? (the arguments are `name`, `target`, `level`, `parent`, `follows_from`, `fields`, `args`, `skip`, `skip_all`, `err`, `ret`, `ok_if`, `error_if`, `classify`, `labels`, `buckets`, `objective`, `slow`, `sentry`, `metrics`, `latency`, `span`, `log`, `track_concurrency`, `crate`)"
}
::core::compile_error! {
    "`name` cannot stand on an impl block; put it on a method"
}
::core::compile_error! {
    "there is no argument `nope` (the arguments are `id`)"
}
::core::compile_error! {
    "unknown level `loud` (the levels are `trace`, `debug`, `info`, `warn`, `error`, or 1 to 5)"
}
::core::compile_error! {
    "a `const fn` cannot be monitored, it may run at compile time; remove `const` or the attribute (in an impl block: `#[monitored(skip)]`)"
}
#[derive(Kept)]
impl Orders {
    fn get(&self, id: u32) -> u32 {
        id
    }
    #[inline]
    const fn len(&self) -> usize {
        0
    }
}
