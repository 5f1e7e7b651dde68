//! What a mistake looks like to the one who made it: one mistake per file of `ui/`, and all of
//! its messages in the file beside it.
//!
//! After a change of the wording, `TRYBUILD=overwrite cargo test -p monitor-tests --test ui`
//! writes them anew; read the difference.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
