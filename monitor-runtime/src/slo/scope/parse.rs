//! Parses matchers such as `env="prod",region=~"eu-.*"`.

use super::{Matcher, ParameterError};

/// The longest first, because `=` is a prefix of another one.
const OPERATORS: [&str; 4] = ["=~", "!~", "!=", "="];

/// Reads the matchers of a selector, with or without braces.
pub(super) fn matchers(text: &str) -> Result<Vec<Matcher>, ParameterError> {
    let refuse = |problem: String| ParameterError::new("selector", text, problem);
    let inner = text.trim();
    let inner = inner
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(inner);
    let mut rest = inner.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (matcher, behind) = matcher(rest).map_err(refuse)?;
        found.push(matcher);
        rest = match behind.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if behind.is_empty() => behind,
            None => return Err(refuse(format!("a comma is missing before `{behind}`"))),
        };
    }
    if found.is_empty() {
        return Err(refuse(
            "there is no matcher; write one such as `env=\"prod\"`".to_owned(),
        ));
    }
    Ok(found)
}

/// Reads the first matcher of a text, and returns the text behind it.
fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let end = text.find(['=', '!']).ok_or_else(|| {
        format!("`{text}` has no operator; write a matcher such as `env=\"prod\"`")
    })?;
    let (label, rest) = text.split_at(end);
    let label = label.trim();
    let operator = OPERATORS
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or_else(|| format!("`{rest}` begins with no operator; there are = != =~ !~"))?;
    let value = rest[operator.len()..].trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        .ok_or_else(|| {
            let bare = value.split(',').next().unwrap_or_default().trim();
            format!("the value of `{label}` is not in quotes; write `{label}{operator}\"{bare}\"`")
        })?;
    let (value, rest) = quoted(&value[1..], quote)
        .map_err(|problem| format!("the value of `{label}` {problem}"))?;
    let matcher = Matcher {
        label: label.to_owned(),
        operator,
        value,
    };
    Ok((matcher, rest.trim_start()))
}

/// Reads a text up to its closing quote, without its escapes. Returns it, and the text behind the
/// quote.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"' | '\''))) => value.push(escaped),
                Some((_, other)) => {
                    return Err(format!(
                        "has the escape `\\{other}`; a backslash itself is written `\\\\`"
                    ));
                }
                None => break,
            },
            _ => value.push(character),
        }
    }
    Err(format!("has no closing {quote}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_prometheus_reads_them() {
        for (text, expected) in [
            (r#"env="prod""#, vec![("env", "=", "prod")]),
            (" { env = 'prod' , } ", vec![("env", "=", "prod")]),
            (
                r#"a!="x,y}",b=~"p.*|q\\d",c!~"\"""#,
                vec![
                    ("a", "!=", "x,y}"),
                    ("b", "=~", r"p.*|q\d"),
                    ("c", "!~", "\""),
                ],
            ),
            (r#"env="ü\n""#, vec![("env", "=", "ü\n")]),
        ] {
            let found = matchers(text).expect(text);
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.label.as_str(), one.operator, one.value.as_str()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        for (text, fix) in [
            ("env=prod", r#"write `env="prod"`"#),
            ("env=prod,a=b", r#"write `env="prod"`"#),
            ("env", r#"such as `env="prod"`"#),
            ("", "there is no matcher"),
            ("{}", "there is no matcher"),
            (r#"env="prod"#, "no closing \""),
            (
                r#"env="prod" region="eu""#,
                "a comma is missing before `region",
            ),
            (r#"env!"prod""#, "there are = != =~ !~"),
            (r#"env=~"\d""#, r"the escape `\d`"),
        ] {
            let problem = matchers(text).expect_err(text).to_string();
            assert!(problem.starts_with("selector="), "{problem}");
            assert!(problem.contains(fix), "{problem}");
        }
    }
}
