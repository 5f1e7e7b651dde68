//! Names of fields that are secret.

use super::{ConfigError, Given};

/// Parses field names separated by commas. Only letters and digits matter when they are compared.
pub(super) fn parse_names(given: Given) -> Result<Vec<String>, ConfigError> {
    let names = given.value.split(',').map(str::trim);
    let names: Vec<String> = names.map(str::to_owned).collect();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = |name: &String| {
        name.chars().all(fits) && name.contains(|c: char| c.is_ascii_alphanumeric())
    };
    // Reported by its position: text that is not a name may be the secret itself.
    match names.iter().position(|name| !is_name(name)) {
        None => Ok(names),
        Some(place) => {
            let problem = format!("has no valid name of a field at position {}", place + 1);
            Err(given.refuse(problem))
        }
    }
}
