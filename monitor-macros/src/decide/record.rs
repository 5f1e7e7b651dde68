//! The fields and arguments that a call records, and the levels of its lines.

use crate::parse::arg::Arg;
use crate::parse::errors::Errors;
use crate::parse::fields::Field;
use crate::parse::keywords;
use crate::parse::values::Level as LevelArg;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{Error, Ident, Path};

/// More would not fit the span, or the completion event, whose own fields take the rest of `tracing`'s 32.
const MOST_FIELDS: usize = 24;

pub(crate) enum Level {
    Known(&'static str),
    Path(Path),
}

/// A recorded field.
pub(crate) enum Record {
    Field(Field),
    Argument(Ident),
}

/// Fields first, then arguments, each name once and none of the runtime's own.
pub(crate) fn records(
    fields: Option<Arg<Vec<Field>>>,
    args: Option<Arg<Vec<Ident>>>,
    errors: &mut Errors,
) -> Vec<Record> {
    let fields = fields
        .into_iter()
        .flat_map(|arg| arg.value)
        .map(Record::Field);
    let args = args
        .into_iter()
        .flat_map(|arg| arg.value)
        .map(Record::Argument);
    let records: Vec<_> = fields.chain(args).collect();
    let mut seen = HashSet::new();
    for (index, record) in records.iter().enumerate() {
        let (name, span) = (record.name(), record.span());
        if keywords::RESERVED.contains(&name.as_str()) {
            errors.at(
                span,
                format!("field `{name}` is written by the runtime; choose another name"),
            );
        }
        if index == MOST_FIELDS {
            let message =
                format!("a function records at most {MOST_FIELDS} fields; leave some out");
            errors.at(span, message);
        }
        if !seen.insert(name.clone()) {
            errors.at(span, format!("field `{name}` is declared twice; keep one"));
        }
    }
    records
}

impl Record {
    /// Returns the name under which the value is recorded.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name.clone(),
            Self::Argument(ident) => ident.unraw().to_string(),
        }
    }

    /// Returns the expression whose value is recorded.
    pub(crate) fn tokens(&self) -> TokenStream {
        match self {
            Self::Field(field) => field.value.clone(),
            Self::Argument(ident) => ident.to_token_stream(),
        }
    }

    fn span(&self) -> Span {
        match self {
            Self::Field(field) => field.span,
            Self::Argument(ident) => ident.span(),
        }
    }
}

/// Returns the constant for a level's name or number. A path is passed on for the compiler to
/// check.
pub(crate) fn level(level: LevelArg, errors: &mut Errors) -> Option<Level> {
    let (span, written) = match level {
        LevelArg::Path(path) => {
            // `debug` without quotes names no constant: a string was meant.
            let bare = path.get_ident().map(ToString::to_string);
            let known = |bare: &String| keywords::LEVELS.iter().any(|(name, _)| name == bare);
            if let Some(bare) = bare.filter(known) {
                let message = format!("write the level's name as a string: `level = \"{bare}\"`");
                errors.push(Error::new_spanned(&path, message));
            }
            return Some(Level::Path(path));
        }
        LevelArg::Text(text) => (text.span(), text.value()),
        LevelArg::Number(number) => (number.span(), number.base10_digits().to_owned()),
    };
    let found = keywords::LEVELS
        .iter()
        .zip(1..)
        .find(|((name, _), number)| {
            name.eq_ignore_ascii_case(&written) || written == format!("{number}")
        });
    if let Some(((_, constant), _)) = found {
        return Some(Level::Known(constant));
    }
    let names = keywords::LEVELS.map(|(name, _)| name);
    let hint = keywords::suggest(&written, names);
    let message = format!(
        "unknown level `{written}`{hint} (the levels are {}, or 1 to 5)",
        keywords::list(names)
    );
    errors.at(span, message);
    None
}
