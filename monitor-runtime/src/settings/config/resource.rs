//! `OTEL_RESOURCE_ATTRIBUTES`: the service's name, version and environment for all of its
//! telemetry.
//!
//! The format is that of OpenTelemetry's resource SDK:
//!
//! <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>.

use std::fmt;

use super::given::inside_quotes;
use super::sentry::{parse_environment, parse_release};
use super::{ConfigError, Env, Given, OTEL_RESOURCE_ATTRIBUTES};

/// Reads OpenTelemetry's attributes.
///
/// A deployment sets them for many programs. So a mistake discards all of them, as OpenTelemetry
/// specifies, and does not keep a program from starting.
pub(super) fn find(
    builder: Option<String>,
    env: Env<'_>,
    warnings: &mut Vec<String>,
) -> Result<Resource, ConfigError> {
    let of_builder = builder.is_some();
    let given = Given::find(&OTEL_RESOURCE_ATTRIBUTES, builder, env);
    match given.and_then(|given| given.map_or_else(|| Ok(Resource::default()), Resource::parse)) {
        Err(error) if !of_builder => {
            warnings.push(format!("{error}; all of it is left out"));
            Ok(Resource::default())
        }
        resource => resource,
    }
}

/// The attributes.
#[derive(Debug, Default)]
pub(super) struct Resource {
    /// All of them, each name once.
    pub(super) all: Vec<(String, String)>,
    /// `service.name`.
    pub(super) name: Option<String>,
    /// `service.version`.
    pub(super) version: Option<String>,
    /// `deployment.environment.name`, or its older name.
    pub(super) environment: Option<String>,
}

impl Resource {
    fn parse(given: Given) -> Result<Self, ConfigError> {
        let mut resource = Self::default();
        let mut former = None;
        for member in given.value.split(',').map(str::trim) {
            if member.is_empty() {
                continue;
            }
            let pair = match pair(member) {
                Ok(pair) => pair,
                Err(problem) => {
                    let problem = format!("has {member:?}, {problem}");
                    return Err(given.refuse(problem));
                }
            };
            let Pair { key, value, raw } = pair;
            resource.all.retain(|(known, _)| *known != key);
            resource.all.push((key.clone(), value.clone()));
            let place = match key.as_str() {
                "service.name" => &mut resource.name,
                "service.version" => &mut resource.version,
                "deployment.environment.name" => &mut resource.environment,
                "deployment.environment" => &mut former,
                _ => continue,
            };
            if let Some(problem) = misfit(raw) {
                let problem = format!("has {member:?}, {problem}");
                return Err(given.refuse(problem));
            }
            // The last value of a name counts, and an empty one is ignored.
            *place = Some(value).filter(|value| !value.is_empty());
        }
        resource.environment = resource.environment.or(former);
        if let Some(environment) = &resource.environment {
            parse_environment(given.with(environment))?;
        }
        if let Some(version) = &resource.version {
            parse_release(given.with(version))?;
        }
        Ok(resource)
    }
}

/// A member, decoded, and its value as it is written.
struct Pair<'m> {
    key: String,
    value: String,
    raw: &'m str,
}

/// Decodes the key and the value of a member.
fn pair(member: &str) -> Result<Pair<'_>, Problem> {
    let (key, value) = member.split_once('=').ok_or(Problem::Pair)?;
    let key = decoded(key.trim())?;
    if key.is_empty() {
        return Err(Problem::Pair);
    }
    let raw = value.trim();
    if is_list(raw) {
        return Err(Problem::Separator);
    }
    let value = decoded(raw)?;
    Ok(Pair { key, value, raw })
}

/// Returns `true` for a value with another pair in it: `shop;service.version=2`.
fn is_list(value: &str) -> bool {
    let parts = |c: char| c == ';' || c == '&' || c == '|' || c.is_whitespace();
    let mut names = value.split(parts).skip(1);
    let ends_name = |c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c));
    names.any(|name| {
        let end = name.find(ends_name).unwrap_or(name.len());
        end > 0 && name[end..].starts_with('=')
    })
}

/// Returns the reason why the value of an attribute that is used was probably meant to be another one.
fn misfit(raw: &str) -> Option<Problem> {
    if inside_quotes(raw).is_some() {
        return Some(Problem::Quotes);
    }
    raw.contains(';').then_some(Problem::Separator)
}

/// Decodes `%20` and the like (RFC 3986, section 2.1).
pub(super) fn decoded(text: &str) -> Result<String, Problem> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).ok_or(Problem::Escape)?;
        // `from_str_radix` would accept a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Problem::Escape);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| Problem::Escape)?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|_| Problem::Text)
}

/// The reason why a member is invalid.
pub(super) enum Problem {
    Pair,
    Escape,
    Text,
    Separator,
    Quotes,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pair => "which is not key=value",
            Self::Escape => "in which `%` is not followed by two hexadecimal digits",
            Self::Separator => "which has `;` or the like in its value: write `,` between attributes, and `%3B` for a `;`",
            Self::Quotes => "which has quotes around its value: write the value without them",
            Self::Text => "which is not UTF-8 once it is decoded",
        })
    }
}
