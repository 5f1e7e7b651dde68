use monitor_runtime::Classify;

#[derive(Classify)]
enum Lookup {
    #[monitor(ok, class = "missing")]
    NotFound,
    #[monitor(ok, expected)]
    Forbidden,
    #[monitor(okay)]
    Down,
}

fn main() {
    let _ = (Lookup::NotFound, Lookup::Forbidden, Lookup::Down);
}
