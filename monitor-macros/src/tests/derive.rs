//! `#[derive(Classify)]`: what it prints, and what it says of a misuse.

use super::messages_of;
use crate::derive::classify::expand;
use quote::quote;

macro_rules! messages {
    ($($name:ident: { $($item:tt)* } => [$($message:expr),* $(,)?])*) => {$(
        #[test]
        fn $name() {
            let (messages, rest) = messages_of(expand(quote!($($item)*)));
            assert_eq!(messages, [$($message),*]);
            assert_eq!(rest, "");
        }
    )*};
}

messages! {
    unknown_option: { enum E { #[monitor(expceted)] A, #[monitor(colour)] B } } => [
        "unknown option `expceted`, did you mean `expected`? \
         (the options are `ok`, `expected`, `transparent`, `class`, `crate`)",
        "unknown option `colour` (the options are `ok`, `expected`, `transparent`, `class`, `crate`)",
    ]

    twice: { enum E { #[monitor(expected, expected)] A, #[monitor(class = "a", class = "b")] B } } => [
        "`expected` is given twice; keep one",
        "`class` is given twice; keep one",
    ]

    ok: { enum E { #[monitor(ok, ok)] A, #[monitor(ok, expected)] B, #[monitor(ok, class = "c")] C, #[monitor(ok, transparent)] D(Inner) } } => [
        "`ok` is given twice; keep one",
        "`ok` and `expected` exclude each other: a value that is ok has no class; keep one",
        "`ok` and `class` exclude each other: a value that is ok has no class; keep one",
        "`ok` and `transparent` exclude each other: a value that is ok has no class; keep one",
    ]

    ok_of_a_whole: { #[monitor(ok, expected)] enum E { A, #[monitor(ok)] B } } => [
        "`ok` and `expected` exclude each other: a value that is ok has no class; keep one",
    ]

    ok_with_a_value: { #[monitor(ok = true)] struct E; } => ["expected `,`"]

    class: { enum E { #[monitor(class)] A, #[monitor(class = 1)] B, #[monitor(class = "")] C, #[monitor(class = "panic")] D } } => [
        "`class` takes a string: `#[monitor(class = \"declined\")]`",
        "`class` takes a string: `#[monitor(class = \"declined\")]`",
        "the class is empty; leave it out to get the variant's name",
        "the class `panic` is reserved for calls that panic; choose another class",
    ]

    transparent: { enum E { #[monitor(transparent)] A, #[monitor(transparent)] B(u8, u8), #[monitor(transparent, class = "x")] C(Inner) } } => [
        "`transparent` needs exactly one field, the inner error, and `A` has 0",
        "`transparent` needs exactly one field, the inner error, and `B` has 2",
        "`transparent` takes the class of the inner error; remove one of the two",
    ]

    whole: { #[monitor(transparent, class = "x")] enum E { #[monitor(crate = x)] A } } => [
        "`transparent` stands on a variant with one field, not on the enum",
        "`class` on an enum would give all variants one class; put it on a variant",
        "`crate` stands on the type, once",
    ]

    union: { union U { a: u8 } } => [
        "`Classify` can be derived for enums and structs, not for unions",
    ]
}

#[test]
fn implementation() {
    let expanded = expand(quote!(
        #[monitor(crate = rt)]
        enum E<'a, T: Copy> {
            A,
            #[monitor(expected)]
            B(u8),
            #[monitor(transparent)]
            C {
                inner: T,
            },
            r#Type,
            #[monitor(ok)]
            NotFound(u64),
            #[monitor(transparent, expected)]
            Other(anyhow::Error),
            #[monitor(transparent)]
            Lent(Box<dyn Error + 'a>),
        }
    ));
    let file = syn::parse2(expanded).expect("an expansion that parses");
    expect_test::expect_file!["../snapshots/derive.rs"].assert_eq(&prettyplease::unparse(&file));
}
