//! The rules for comments that a program can check: how documentation opens, and words that name no actor.

/// First words that make a sentence begin with a subordinate clause or an unnamed thing.
const OPENINGS: [&str; 14] = [
    "What", "Whether", "How", "Which", "Where", "When", "Who", "Whom", "Whose", "Why", "Those",
    "Of", "The same", "For whom",
];

/// Words that leave open who acts, and idioms that are not English, each with the fix.
const BANNED: [(&str, &str); 15] = [
    ("nobody", ACTOR),
    ("somebody", ACTOR),
    ("anybody", ACTOR),
    ("whoever", ACTOR),
    ("whichever", ACTOR),
    ("ours", ACTOR),
    ("theirs", ACTOR),
    ("of the user's", "write \"user code\" or \"of the service\""),
    ("told of", "write \"reported\""),
    (
        "is none",
        "name the thing: \"is not an error\", \"is empty\"",
    ),
    (
        "are none",
        "name the thing: \"are not settings\", \"are empty\"",
    ),
    ("inside of", "write \"inside\""),
    ("parted by", "write \"separated by\""),
    ("gone on with", "write \"continued\""),
    ("goes on with", "write \"continues\""),
];

const ACTOR: &str = "name the actor: the caller, the scrape, the subscriber, the service, Sentry";

const OPENING: &str = "begin with a verb in the third person for a function (\"Returns…\", \"Sets…\"), \
                       with a noun for a type, a field or a constant";

/// Words that end in `s` and open documentation of a function without being its verb.
const NOT_VERBS: [&str; 4] = ["As", "Its", "This", "Always"];

/// A block of comment lines of one kind.
struct Comment {
    /// The line it begins on, from 1.
    line: usize,
    is_documentation: bool,
    /// Its text without code, on one line.
    text: String,
    /// The first line behind it that is neither a comment nor an attribute.
    item: String,
}

/// Returns what is wrong with the comments of a source file, one line for each fault.
pub(super) fn faults(source: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for comment in comments(source) {
        let line = comment.line;
        let mut fault = |what: &str, fix: &str| faults.push(format!("line {line}: {what}: {fix}"));
        if let Some(opening) = opening(&comment) {
            fault(&format!("documentation opens with {opening:?}"), OPENING);
        }
        for (word, fix) in BANNED {
            if contains(&comment.text, word) {
                fault(&format!("a comment says {word:?}"), fix);
            }
        }
    }
    faults
}

/// Returns the words by which documentation opens wrongly, if it does.
fn opening(comment: &Comment) -> Option<&str> {
    let text = comment.text.as_str();
    let first = text.split([' ', ',']).next()?;
    if !comment.is_documentation {
        return None;
    }
    let known = |opening: &&&str| {
        let rest = text.strip_prefix(**opening);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    if let Some(opening) = OPENINGS.iter().find(known) {
        return Some(opening);
    }
    let is_verb = first == "Never"
        || first.ends_with('s')
            && first.starts_with(|c: char| c.is_ascii_uppercase())
            && first.chars().all(char::is_alphabetic)
            && !NOT_VERBS.contains(&first);
    (is_function(&comment.item) && !is_verb).then_some(first)
}

/// Returns `true` for the first line of a function's declaration.
fn is_function(item: &str) -> bool {
    let words = item.split_whitespace();
    let mut rest = words.skip_while(|word| {
        ["pub", "const", "async", "unsafe", "extern", "default", "in"].contains(word)
            || word.starts_with("pub(")
            || word.ends_with(')')
            || word.starts_with('"')
    });
    rest.next() == Some("fn")
}

/// Returns `true` if a text contains these words as a whole, in upper or lower case.
fn contains(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_letter(before) && !is_letter(after)
    })
}

/// Splits a line into the kind of its comment and the comment's text.
fn comment(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    ["///", "//!", "//"]
        .into_iter()
        .find_map(|kind| Some((kind, line.strip_prefix(kind)?)))
}

fn comments(source: &str) -> Vec<Comment> {
    let lines: Vec<&str> = source.lines().collect();
    let mut comments = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some((kind, _)) = comment(lines[at]) else {
            at += 1;
            continue;
        };
        let begin = at;
        let mut text = Vec::new();
        while let Some((_, line)) = lines
            .get(at)
            .and_then(|line| comment(line))
            .filter(|(other, _)| *other == kind)
        {
            text.push(line.trim());
            at += 1;
        }
        comments.push(Comment {
            line: begin + 1,
            is_documentation: kind != "//",
            text: without_code(&text),
            item: item(&lines[at..]).to_owned(),
        });
    }
    comments
}

/// Returns the first line that is neither a comment nor part of an attribute.
fn item<'s>(lines: &[&'s str]) -> &'s str {
    let mut depth = 0;
    for line in lines.iter().map(|line| line.trim()) {
        if depth == 0 && !line.starts_with("#[") {
            if comment(line).is_none() {
                return line;
            }
            continue;
        }
        depth += line.matches('[').count();
        depth -= line.matches(']').count().min(depth);
    }
    ""
}

/// Joins lines, without blocks of code and without the words in backticks.
fn without_code(lines: &[&str]) -> String {
    let mut is_code = false;
    let prose = lines.iter().filter(|line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    let text: Vec<&str> = prose.copied().collect();
    let text = text.join(" ");
    // Every second piece stands between backticks; a mark keeps its place.
    let pieces = text.split('`').enumerate();
    let prose = pieces.map(|(at, piece)| if at % 2 == 0 { piece } else { "`" });
    prose.collect()
}

#[test]
fn a_planted_fault_is_found_and_plain_prose_is_not() {
    let planted = "/// What a call returns.\nstruct A;\n\n/// The name.\n#[inline]\npub(crate) fn name() {}\n\n\
                   // Nobody waits.\nlet a = 1;\n\n/// Whether `nobody` is on.\nfield: bool,\n";
    let found = faults(planted);
    let begins = [
        "line 1: documentation opens with \"What\"",
        "line 4: documentation opens with \"The\"",
        "line 8: a comment says \"nobody\"",
        "line 11: documentation opens with \"Whether\"",
    ];
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (fault, begin) in found.iter().zip(begins) {
        assert!(fault.starts_with(begin), "{fault}");
    }
    let plain = "/// Returns the name; see `what` and `ours`.\n///\n/// ```\n/// // Whoever reads this.\n/// ```\n\
                 pub const fn name() {}\n\n/// Whatever fits.\nstruct B;\n// What is left stays.\n";
    assert_eq!(faults(plain), [""; 0]);
}
