//! Empty: the programs are the `*.rs` files beside this folder, run with `cargo run --example`.
