//! The limit on the lines of one place.

use super::*;
use crate::base::rate_limit::Throttle;

#[test]
fn the_limit_of_lines_takes_a_number_and_a_time_or_off() {
    let of = |value: &str| {
        resolve(Overrides::default(), &[("MONITOR_LOG_LIMIT", value)])
            .map(|config| config.log_limit)
    };
    let second = 1_000_000_000;
    assert_eq!(of(""), Ok(Throttle::OFF));
    assert_eq!(of("off"), Ok(Throttle::OFF));
    assert_eq!(of("1000/10s"), Ok(Throttle::new(1000, 10 * second)));
    assert_eq!(of("1 / 1h"), Ok(Throttle::new(1, 3600 * second)));
    for (value, problem) in [
        ("1000", "has no `/` between a number of lines and a time"),
        ("0/1s", "allows no line at all"),
        ("1000001/1s", "allows more than 1000000 lines"),
        ("many/1s", "has no number of lines"),
        ("-1/1s", "has no number of lines"),
        ("10/soon", "has no time"),
        ("10/999ms", "has a time below 1s"),
        ("10/2h", "has a time above 1h"),
    ] {
        let text = of(value).expect_err("refused").to_string();
        let wanted = format!("MONITOR_LOG_LIMIT={value:?}: {problem}");
        assert!(text.starts_with(&wanted), "{text}");
        assert!(text.contains("such as `1000/10s`, or `off`"), "{text}");
    }
    let given = Overrides {
        log_limit: Some("off".into()),
        ..Overrides::default()
    };
    let env = [("MONITOR_LOG_LIMIT", "5/5s")];
    assert_eq!(
        resolve(given, &env).expect("allowed").log_limit,
        Throttle::OFF
    );
}
