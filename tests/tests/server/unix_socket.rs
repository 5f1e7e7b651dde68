//! The management server on a socket in the file system, from start to shutdown.

use monitor_tests::alone;
use std::process::Command;

#[test]
fn curl_reads_and_changes_through_it_and_a_shutdown_removes_it() {
    alone!();
    let path = std::env::temp_dir().join(format!("monitor-{}.sock", std::process::id()));
    let addr = format!("unix:{}", path.display());
    let builder = || monitor_runtime::builder!().addr(&addr).log_filter("off");
    let monitor = builder().start_blocking().expect("it starts");
    assert_eq!(monitor.addr(), None);
    assert_eq!(monitor.socket_path(), Some(path.as_path()));
    let curl = |arguments: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-s", "-m", "10", "--unix-socket"]).arg(&path);
        let output = command.args(arguments).output();
        let output = output.expect("curl, which tests/run installs");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(curl(&["http://localhost/livez"]), "ok\n");
    assert!(curl(&["http://localhost/metrics"]).contains("build_info{"));
    let json = "Content-Type: application/json";
    let body = r#"{"filter":"warn"}"#;
    let set = curl(&[
        "-X",
        "PUT",
        "-H",
        json,
        "-d",
        body,
        "http://localhost/log-level",
    ]);
    assert!(
        set.starts_with(r#"{"filter":"warn","default":"off""#),
        "{set}"
    );

    monitor.shutdown_blocking();
    assert!(!path.exists());
    let again = builder().start_blocking().expect("the path is free");
    assert!(path.exists());
    drop(again);
    assert!(!path.exists());
}
