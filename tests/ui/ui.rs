//! Compares the compiler's messages for mistakes in the use of the attribute: one mistake per file, in
//! the folder of its kind, with all of its messages in the file beside it.
//!
//! After a change of the wording, `TRYBUILD=overwrite cargo test --workspace --test ui` writes them
//! anew; read the difference.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("*/*.rs");
}

/// `compile_fail` above does not look for files here.
#[test]
fn each_mistake_is_in_the_folder_of_its_kind() {
    let files = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the folder of this file");
    let sources = files
        .map(|file| file.expect("an entry").file_name())
        .filter(|name| name.to_string_lossy().ends_with(".rs"));
    assert_eq!(sources.collect::<Vec<_>>(), ["ui.rs"]);
}
