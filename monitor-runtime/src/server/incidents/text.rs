//! Incidents as text for a terminal.

use std::fmt::Write;

use super::document::{Head, Incident, List};
use super::parts::FailureDocument;
use crate::server::requests;

/// Prints the incidents, the latest first.
pub(in crate::server) fn list_as_text(list: &List) -> String {
    let mut out = format!(
        "{:<27}  {:<9}  {:<22}  TRIGGER\n",
        "BEGAN", "KIND", "INCIDENT"
    );
    for head in &list.incidents {
        let trigger = &head.trigger;
        let (began, id) = (&head.began, &head.id);
        let _ = writeln!(
            out,
            "{began:<27}  {:<9}  {id:<22}  {}",
            trigger.kind, trigger.said
        );
    }
    for one in &list.suppressed {
        let (number, at) = (one.times, &one.trigger.at);
        let _ = writeln!(
            out,
            "suppressed {number} times, last at {at}: {}",
            one.trigger.said
        );
    }
    out
}

/// Prints an incident in full.
pub(in crate::server) fn incident_as_text(incident: &Incident<'_>) -> String {
    let mut out = String::new();
    incident.head.print(&mut out);
    let service = &incident.service;
    let _ = writeln!(
        out,
        "service   {} {} on {}, pid {}",
        service.name, service.version, service.host, service.pid
    );
    incident.print_changes(&mut out);
    incident.print_requests(&mut out);
    let _ = writeln!(out, "\nIN FLIGHT when it began");
    out.push_str(&requests::calls_as_text(incident.calls));
    let _ = writeln!(out, "\nLAST FAILURES");
    for failure in incident.failures {
        failure.print(&mut out);
    }
    left_out(&mut out, incident.failures_left_out, "kinds of failure");
    let _ = writeln!(out, "\nCHECKS");
    for check in incident.checks {
        let critical = if check.critical { "critical" } else { "" };
        let output = check.output.as_deref().unwrap_or_default();
        let line = format!(
            "{:<5} {:<8} {}  {output}",
            check.status, critical, check.name
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    left_out(&mut out, incident.checks_left_out, "checks");
    out
}

fn left_out(out: &mut String, number: usize, what: &str) {
    if number > 0 {
        let _ = writeln!(out, "left out: {number} {what}");
    }
}

impl Head {
    fn print(&self, out: &mut String) {
        let open = if self.open {
            "  open: requests that end are added"
        } else {
            ""
        };
        let _ = writeln!(out, "incident  {}{open}", self.id);
        let _ = writeln!(out, "trigger   {}", self.trigger.said);
        for also in &self.joined {
            let _ = writeln!(out, "also      {} ({})", also.said, also.at);
        }
        let _ = writeln!(out, "began     {}", self.began);
        let ended = self.ended.as_deref().unwrap_or("not yet");
        let _ = writeln!(out, "ended     {ended}");
    }
}

impl Incident<'_> {
    fn print_changes(&self, out: &mut String) {
        let seconds = self.period.seconds;
        let against = match self.period.before() {
            Some(before) => format!("against {before}"),
            None => "no hour before to compare with".to_owned(),
        };
        let _ = writeln!(out, "\nCHANGED in the last {seconds:.0} s, {against}");
        for changed in self.changed {
            let mut name = changed.function.as_str();
            for change in &changed.changes {
                let _ = writeln!(out, "{name:<40}  {}", change.said);
                name = "";
            }
        }
        left_out(out, self.changed_left_out, "functions");
    }

    fn print_requests(&self, out: &mut String) {
        let _ = writeln!(out, "\nREQUESTS around that time, the latest first");
        for request in self.requests {
            let _ = writeln!(out, "\ntrace {}", request.trace_id());
            request.print(out);
        }
        left_out(out, self.requests_left_out, "requests");
    }
}

impl FailureDocument {
    fn print(&self, out: &mut String) {
        let class = if self.class.is_empty() {
            "unclassified"
        } else {
            self.class
        };
        let passed = if self.passed_on { "  passed on" } else { "" };
        let trace = &self.trace_id;
        let _ = writeln!(
            out,
            "{}  {}  {class}  × {}{passed}  {trace}",
            self.at, self.function, self.times
        );
        for link in &self.error {
            let _ = writeln!(out, "    {}", link.text());
        }
    }
}
