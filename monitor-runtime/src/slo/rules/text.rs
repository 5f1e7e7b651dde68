//! The words of alerts: Prometheus' templates, which look things up when the alert fires.
//!
//! A look-up that finds nothing leaves its words out. One that fails would take the whole text with
//! it, so each look-up is written to return one value per label set, for any series.

use crate::slo::scope::Scope;

/// Escapes a text so that Prometheus' templates leave it unchanged.
pub(super) fn untemplated(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// Returns the labels of the alert's group, in words: `, env prod`.
pub(super) fn group_words(scope: &Scope) -> String {
    let by = scope.by.iter();
    let words =
        by.map(|label| format!("{{{{ with $labels.{label} }}}}, {label} {{{{ . }}}}{{{{ end }}}}"));
    words.collect()
}

/// Sets a variable to the matchers of a selector, with those of the alert's group.
pub(super) fn selecting(variable: &str, scope: &Scope, more: &[(&str, &str, &str)]) -> String {
    // A raw string of the template, which `printf` formats: only values of labels contain `%` and
    // backquotes.
    let matchers = scope.matchers(more);
    let matchers = matchers.replace('%', "%%").replace('`', r"\x60");
    let matchers = matchers.replace('\r', r"\r");
    let by = scope.by.iter();
    let group: Vec<String> = by.clone().map(|label| format!(",{label}=%q")).collect();
    let values: Vec<String> = by.map(|label| format!(" $labels.{label}")).collect();
    let (group, values) = (group.concat(), values.concat());
    format!("{{{{ {variable} := printf `{matchers}{group}`{values} }}}}")
}

/// Asks Prometheus for a vector; `%[1]s` in the query is the first of the variables, and so on.
pub(super) fn ask(query: &str, variables: &str) -> String {
    format!("printf `{query}` {variables} | query")
}

/// Returns the value that a look-up found, as a percentage.
pub(super) fn percentage() -> &'static str {
    "{{ . | first | value | humanizePercentage }}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_query() {
        let mut scope = Scope::new("100% `a` {{x}}\r");
        scope.by("env").expect("a label");
        let variable = selecting("$s", &scope, &[]);
        assert_eq!(
            variable,
            "{{ $s := printf `service_name=\"100%% \\x60a\\x60 {{x}}\\r\",env=%q` $labels.env }}"
        );
    }
}
