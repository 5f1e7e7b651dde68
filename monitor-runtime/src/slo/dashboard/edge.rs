//! Row: the HTTP edge.

use super::asks::{Asks, top};
use super::panel::{Row, lines};
use crate::metrics::{HTTP_ACTIVE, HTTP_DURATION, HTTP_REQUESTS, HTTP_RESULTS};

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let all = asks.rate_of_target(HTTP_REQUESTS, "");
    let failed = asks.rate_of_target(HTTP_REQUESTS, ",status=~\"5..\"");
    let by = |labels: &str, series: &str| format!("sum by ({labels}) ({series})");
    let share = format!("{} / ({} > 0)", by("route", &failed), by("route", &all));
    let rates = |ending: &str| asks.rate_of_target(&format!("{HTTP_DURATION}{ending}"), "");
    let quantile = |quantile: &str, title, description| {
        let query = Asks::quantile(quantile, "http_request_method, http_route", rates);
        lines(title, "s", description).query(
            top(&format!("({query})")),
            "{{http_request_method}} {{http_route}}",
        )
    };
    let active = asks.of_target(&format!("{HTTP_ACTIVE}{{instance=~\"$instance\"}}"));
    Row {
        title: "HTTP",
        panels: vec![
            lines("Requests", "reqps", "Requests a second, by route.")
                .query(top(&by("method, route", &all)), "{{method}} {{route}}"),
            lines(
                "Results",
                "reqps",
                "Requests per second of all routes, by result. A burst with which a new route begins is here alone.",
            )
            .query(by("result", &asks.rate_of_target(HTTP_RESULTS, "")), "{{result}}")
            .stacked(),
            lines(
                "Server errors",
                "percentunit",
                "Share of requests answered with 5xx, by route.",
            )
            .query(top(&share), "{{route}}")
            .max(1.0),
            lines(
                "Answers by status",
                "reqps",
                "Requests a second, by the status of their answer.",
            )
            .query(by("status", &all), "{{status}}")
            .stacked(),
            quantile(
                "0.5",
                "Request duration p50",
                "Half of the requests took at most this long, to the end of the body.",
            ),
            quantile(
                "0.99",
                "Request duration p99",
                "99 % of the requests took at most this long, to the end of the body.",
            ),
            lines(
                "Active requests",
                "none",
                "Requests that have begun and not ended.",
            )
            .query(by("instance", &active), "{{instance}}"),
        ],
    }
}
