//! Chains of `async` functions, almost as deep as the documentation says that rustc follows them.

use monitor_runtime::monitored;
use monitor_tests::run;

fn sent<F: Future + Send>(future: F) -> F {
    future
}

macro_rules! chain {
    ($last:ident) => {
        #[monitored]
        async fn $last() -> u32 {
            1
        }
    };
    ($name:ident $next:ident $($rest:ident)*) => {
        chain! { $next $($rest)* }
        #[monitored]
        async fn $name() -> u32 {
            1 + $next().await
        }
    };
}

chain! {
    f28 f27 f26 f25 f24 f23 f22 f21 f20 f19 f18 f17 f16 f15 f14 f13 f12 f11 f10 f9
    f8 f7 f6 f5 f4 f3 f2 f1
}

macro_rules! chain_with_fields {
    ($last:ident) => {
        #[monitored(fields(id))]
        async fn $last(id: u32) -> u32 {
            id
        }
    };
    ($name:ident $next:ident $($rest:ident)*) => {
        chain_with_fields! { $next $($rest)* }
        #[monitored(fields(id))]
        async fn $name(id: u32) -> u32 {
            1 + $next(id).await
        }
    };
}

chain_with_fields! {
    g18 g17 g16 g15 g14 g13 g12 g11 g10 g9 g8 g7 g6 g5 g4 g3 g2 g1
}

#[test]
fn a_chain_of_twenty_eight_functions_can_be_sent_to_another_thread() {
    assert_eq!(run(sent(f28())), 28);
}

#[test]
fn a_chain_of_eighteen_functions_with_fields_can_be_sent_to_another_thread() {
    assert_eq!(run(sent(g18(1))), 18);
}
