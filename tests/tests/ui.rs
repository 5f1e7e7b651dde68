//! Compares the compiler's messages for mistakes in the use of the attribute: one mistake per file
//! of `ui/`, with all of its messages in the file beside it.
//!
//! After a change of the wording, `TRYBUILD=overwrite cargo test -p monitor-tests --test ui` writes
//! them anew; read the difference.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
