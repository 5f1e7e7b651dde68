use monitor_runtime::monitored;

struct Path<T>(T);

#[monitored(args(Path(id)))]
fn work(Path(id): Path<u32>) -> u32 {
    id
}

fn main() {
    work(Path(1));
}
