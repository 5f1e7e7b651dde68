//! The links of an error chain, and their texts joined for a line of the log.

/// One error of a chain: the outermost, or one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) type_name: String,
    pub(crate) text: String,
}

/// Joins the texts of a chain for a line of the log.
///
/// A link is left out if the text before it contains its text: many errors show their source
/// themselves.
pub(crate) fn joined(chain: &[Link]) -> Option<String> {
    let mut before = None;
    let mut joined: Option<String> = None;
    for link in chain {
        if before.is_none_or(|before| !contains(before, &link.text)) {
            match &mut joined {
                None => joined = Some(link.text.clone()),
                Some(joined) => {
                    joined.push_str(": ");
                    joined.push_str(&link.text);
                }
            }
        }
        before = Some(link.text.as_str());
    }
    joined
}

/// Returns `true` if `whole` contains `part` as separate words: `code 12` does not contain `1`.
fn contains(whole: &str, part: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| {
        [a, b]
            .iter()
            .all(|side| side.is_some_and(char::is_alphanumeric))
    };
    let (first, last) = (part.chars().next(), part.chars().next_back());
    whole.match_indices(part).any(|(at, _)| {
        let before = whole[..at].chars().next_back();
        let after = whole[at + part.len()..].chars().next();
        !joins(before, first) && !joins(last, after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_the_one_before_contains_is_left_out() {
        let cases: [(&[&str], &str); 8] = [
            (&["load failed", "disk full"], "load failed: disk full"),
            (
                &["load failed: disk full", "disk full"],
                "load failed: disk full",
            ),
            (
                &["outer: load: disk full", "load: disk full", "disk full"],
                "outer: load: disk full",
            ),
            (
                &["mid disk full end", "disk full", "errno 28"],
                "mid disk full end: errno 28",
            ),
            (&["code 12", "1"], "code 12: 1"),
            (&["same", "same", "same"], "same"),
            (&["a", "b", "a"], "a: b: a"),
            (&["a", ""], "a"),
        ];
        for (chain, expected) in cases {
            let link = |text: &&str| Link {
                type_name: String::new(),
                text: (*text).to_owned(),
            };
            let chain: Vec<Link> = chain.iter().map(link).collect();
            assert_eq!(joined(&chain).as_deref(), Some(expected));
        }
        assert_eq!(joined(&[]), None);
    }
}
