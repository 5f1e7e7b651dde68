use super::*;
use std::cell::Cell;
use std::rc::Rc;

twins! {
    {
        pub(crate) async fn shared(text: String) -> Result<u8, String> {
            pause().await;
            Err(text)
        }
    }
    {
        pub(crate) async fn local(a: Rc<u8>) -> u8 {
            pause().await;
            *a
        }
    }
    {
        pub(crate) async fn cell(a: Cell<u8>) -> u8 {
            pause().await;
            a.get()
        }
    }
    {
        pub(crate) async fn unique(a: &mut u8) {
            pause().await;
            *a += 1;
        }
    }
    {
        pub(crate) async fn unused(_a: &Cell<u8>, n: u8) -> u8 {
            pause().await;
            n
        }
    }
    [fields(a), parent = None, ret] {
        pub(crate) async fn with_arguments(a: u8) -> u8 {
            pause().await;
            a
        }
    }
    {
        pub(crate) fn ready(a: u8) -> impl Future<Output = u8> {
            std::future::ready(a)
        }
    }
}

#[test]
fn a_future_has_the_same_auto_traits() {
    macro_rules! same {
            ($($name:ident($($arg:expr),*);)*) => {$(
                assert_eq!(
                    auto_traits!(plain::$name($($arg),*)),
                    auto_traits!(watched::$name($($arg),*)),
                    stringify!($name)
                );
            )*};
        }
    same! {
        shared(String::new());
        local(Rc::new(1));
        cell(Cell::new(1));
        unique(&mut 1);
        unused(&Cell::new(1), 1);
        with_arguments(1);
        ready(1);
    }
    // The question can be answered with yes, or all would be the same.
    assert!(auto_traits!(watched::shared(String::new()), Send));
    assert!(!auto_traits!(watched::local(Rc::new(1)), Send));
}
