//! Names of fields that are secret.

use super::{ConfigError, Given};

/// Names parted by commas; what is told apart in them is letters and digits.
pub(super) fn parse_names(given: Given) -> Result<Vec<String>, ConfigError> {
    let names = given.value.split(',').map(str::trim);
    let names: Vec<String> = names.map(str::to_owned).collect();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = |name: &String| {
        name.chars().all(fits) && name.contains(|c: char| c.is_ascii_alphanumeric())
    };
    match names.iter().find(|name| !is_name(name)) {
        None => Ok(names),
        Some(name) => {
            let problem = format!("has {name:?}, which is no name of a field");
            Err(given.refuse(problem))
        }
    }
}
