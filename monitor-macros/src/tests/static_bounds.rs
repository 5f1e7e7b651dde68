//! Errors whose type parameters need not be `'static`.

use crate::decide::static_bounds::has_open_error;
use crate::parse::return_type;
use syn::Signature;

fn is_open(sig: &str) -> bool {
    let sig: Signature = syn::parse_str(sig).expect("a signature");
    let ty = return_type::declared(&sig.output).map(return_type::settled);
    has_open_error(&ty.expect("a type"), &sig)
}

#[test]
fn an_error_is_open_where_a_part_of_it_need_not_be_static() {
    for open in [
        "fn f() -> Result<u8, Full<T>>",
        "fn f<Cause>() -> Result<u8, Full<Vec<Cause>>>",
        "fn f(&self) -> std::result::Result<Self, Full<Self::Item>>",
        "fn f(&self) -> Result<u8, Full<<Self as Array>::Item>>",
        "async fn f(text: &str) -> Result<(), Full<&str>>",
        "fn f<S: Service>() -> BoxFuture<'static, Result<(), Full<S::Error>>>",
    ] {
        assert!(is_open(open), "{open}");
    }
    for closed in [
        "fn f<E: Error>() -> Result<u8, E>",
        "fn f<T>() -> Result<T, Error>",
        "fn f<T>() -> io::Result<Full<T>>",
        "fn f<T: 'static>() -> Result<u8, Full<T>>",
        "fn f<T>() -> Result<u8, Full<Vec<T>>> where T: Send + 'static",
        "fn f<S: Service>() -> Result<u8, Full<S::Error>> where S::Error: 'static",
        "fn f<'a>(text: &'a str) -> Result<u8, Invalid<'a>>",
        "fn f() -> Result<u8, Full<&'static str>>",
        "fn f() -> Result<u8, Box<dyn Error>>",
        "fn f() -> Option<Full<T>>",
    ] {
        assert!(!is_open(closed), "{closed}");
    }
}
