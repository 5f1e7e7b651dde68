use std::error::Error;
use std::fmt;

use super::text::MAX_TEXT;
use super::type_name::short_type;
use super::view::MAX_LINKS;
use super::*;

#[derive(Debug)]
struct Outer(Inner);
#[derive(Debug)]
struct Inner;
impl Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}
impl Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inner")
    }
}
impl Error for Inner {}
impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn texts(verdict: Verdict<'_>) -> Vec<(String, String)> {
    match verdict {
        Verdict::Ok | Verdict::Shown(_) => Vec::new(),
        Verdict::Error(view) => {
            let links = view.chain(ErrorFormat::Display).into_iter();
            links.map(|link| (link.type_name, link.text)).collect()
        }
    }
}

macro_rules! assert_chain {
    ($value:expr, [$($ty:literal: $text:literal),*]) => {{
        let value = $value;
        let value = &value;
        let expected: Vec<(String, String)> = vec![$(($ty.into(), $text.into())),*];
        assert_eq!(texts(crate::__verdict!(value)), expected);
    }};
}

#[test]
fn every_kind_of_error_is_seen_as_far_as_its_type_allows() {
    struct Shown;
    impl Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("shown")
        }
    }
    #[derive(Debug)]
    struct Debugged;
    struct Nothing;
    type Alias = std::io::Result<u8>;

    assert_chain!(Err::<(), _>(Outer(Inner)), ["Outer": "outer", "Inner": "inner"]);
    assert_chain!(Err::<(), Box<dyn Error>>(Box::new(Outer(Inner))), ["Outer": "outer", "Inner": "inner"]);
    assert_chain!(Err::<(), Box<dyn Error + Send + Sync>>(Box::new(Outer(Inner))), ["Outer": "outer", "Inner": "inner"]);
    assert_chain!(Err::<(), _>(anyhow::Error::new(Inner).context("while")), ["Error": "while", "Inner": "inner"]);
    assert_chain!(Err::<(), &str>("text"), ["&str": "text"]);
    assert_chain!(Err::<(), Shown>(Shown), ["Shown": "shown"]);
    assert_chain!(Err::<(), Debugged>(Debugged), ["Debugged": "Debugged"]);
    assert!(matches!(
        {
            let value = &Err::<(), _>(Nothing);
            crate::__verdict!(value)
        },
        Verdict::Error(_)
    ));
    let alias: Alias = Err(std::io::Error::other("disk"));
    assert_chain!(alias, ["std::io::error::Error": "disk"]);
}

#[test]
fn an_error_in_a_box_may_borrow() {
    #[derive(Debug)]
    struct Lent<'a>(&'a str);
    impl Display for Lent<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl Error for Lent<'_> {}
    fn lent<'a>(text: &'a str) {
        assert_chain!(Err::<(), Box<dyn Error + 'a>>(Box::new(Lent(text))), ["Lent": "text"]);
        assert_chain!(
            Err::<&'a str, Box<dyn Error + Send + Sync + 'a>>(Box::new(Lent(text))),
            ["Lent": "text"]
        );
    }
    lent(&String::from("text"));
}

#[test]
fn what_is_no_error_is_ok() {
    assert_chain!(Ok::<u8, Outer>(1), []);
    assert_chain!(7, []);
    assert_chain!((), []);
    assert_chain!(Some(Outer(Inner)), []);
}

#[test]
fn generic_code_is_judged_by_the_bounds_it_has() {
    fn opaque<T, E>(value: &Result<T, E>) -> bool {
        matches!(crate::__verdict!(value), Verdict::Error(_))
    }
    fn bounded<E: Error>(value: &Result<(), E>) -> usize {
        texts(crate::__verdict!(value)).len()
    }
    assert!(opaque(&Err::<u8, _>(Outer(Inner))));
    assert!(!opaque(&Ok::<u8, Outer>(1)));
    assert_eq!(bounded(&Err(Outer(Inner))), 2);
}

#[derive(Debug)]
struct Declined;
impl warp::reject::Reject for Declined {}

struct Known(Class);
impl crate::Classify for Known {
    fn classify(&self) -> Class {
        self.0
    }
}

#[test]
fn values_that_know_their_class_are_asked() {
    fn class(verdict: Verdict<'_>) -> Option<(&'static str, bool)> {
        match verdict {
            Verdict::Error(view) => Some((view.class, view.expected)),
            Verdict::Ok | Verdict::Shown(_) => None,
        }
    }
    macro_rules! class {
        ($value:expr) => {{
            let value = &$value;
            class(crate::__verdict!(value))
        }};
    }
    fn bounded<E: crate::Classify>(value: &Result<(), E>) -> Option<(&'static str, bool)> {
        class(crate::__verdict!(value))
    }
    let status = |code| http::StatusCode::from_u16(code).unwrap();
    let response = |code| http::Response::builder().status(code).body(()).unwrap();
    assert_eq!(class!(status(404)), None);
    assert_eq!(class!(status(503)), Some(("503", false)));
    assert_eq!(class!(status(599)), Some(("599", false)));
    assert_eq!(class!(response(200)), None);
    assert_eq!(class!(response(500)), Some(("500", false)));
    assert_eq!(class!(Ok::<_, Inner>(response(502))), Some(("502", false)));
    assert_eq!(class!(Ok::<_, Inner>(response(499))), None);
    assert_eq!(class!(Err::<u8, _>(warp::reject::not_found())), None);
    assert_eq!(class!(Err::<u8, _>(warp::reject::reject())), None);
    let rejection = Some(("rejection", false));
    assert_eq!(
        class!(Err::<u8, _>(warp::reject::custom(Declined))),
        rejection
    );

    assert_eq!(class!(Known(Class::Ok)), None);
    assert_eq!(class!(Err::<u8, _>(Known(Class::Ok))), None);
    assert_eq!(
        class!(Err::<u8, _>(Known(Class::Error("")))),
        Some(("", false))
    );
    assert_eq!(
        class!(Err::<u8, _>(Box::new(Known(Class::Expected("a"))))),
        Some(("a", true))
    );
    assert_eq!(
        class!(Ok::<_, Known>(Known(Class::Error("b")))),
        Some(("b", false))
    );

    assert_eq!(bounded(&Err(Known(Class::Error("c")))), Some(("c", false)));
}

#[test]
fn a_rule_overrules_the_type() {
    let known = |verdict: Verdict<'_>| match verdict {
        Verdict::Error(view) => Some(view.class),
        _ => None,
    };
    let error = Err::<u8, Inner>(Inner);
    let verdict = || {
        let value = &error;
        crate::__verdict!(value)
    };
    assert_eq!(known(verdict().ok_if(&error, Result::is_err)), None);
    assert_eq!(known(verdict().error_if(&error, |_| true)), Some(""));
    assert_eq!(
        known(verdict().classify(&error, |_| Class::Error("x"))),
        Some("x")
    );
    assert_eq!(known(verdict().classify(&error, |_| Some("y"))), Some("y"));
    let panics = |_: &_| -> bool { panic!("in a rule") };
    assert_eq!(known(verdict().ok_if(&error, panics)), Some(""));
    assert_eq!(known(Verdict::Ok.ok_if(&7, |seven| *seven == 8)), Some(""));
    assert_eq!(known(Verdict::Ok.error_if(&7, |seven| *seven == 8)), None);
}

#[test]
fn an_error_that_panics_while_it_is_shown_does_no_harm() {
    #[derive(Debug)]
    struct Bad;
    impl Display for Bad {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("in Display")
        }
    }
    impl Error for Bad {}
    assert_chain!(Err::<(), _>(Bad), ["Bad": "half<panicked while formatting>"]);
}

#[test]
fn texts_and_chains_without_end_are_cut() {
    #[derive(Debug)]
    struct Endless;
    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("0123456789é")?;
            }
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Endless)
        }
    }
    let value = &Err::<(), _>(Endless);
    let chain = texts(crate::__verdict!(value));
    assert_eq!(chain.len(), MAX_LINKS);
    assert!(
        chain[0].1.len() <= MAX_TEXT + '…'.len_utf8(),
        "{}",
        chain[0].1.len()
    );
}

#[test]
fn type_names_are_short() {
    assert_eq!(short_type("app::db::DbError"), "DbError");
    assert_eq!(
        short_type("app::Wrapped<app::db::DbError>"),
        "Wrapped<app::db::DbError>"
    );
    assert_eq!(short_type("&str"), "&str");
    assert_eq!(
        short_type("alloc::boxed::Box<dyn core::error::Error>"),
        "Box<dyn core::error::Error>"
    );
}
