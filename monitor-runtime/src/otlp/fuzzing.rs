//! Answers of a collector; see `crate::fuzzing`.

use std::time::Duration;

use ureq::http::Response;

use super::collector::{Answer, read};

/// Takes the status by the first byte, `Retry-After` up to the end of the line, and the body behind it.
pub(crate) fn answer(input: &[u8]) {
    const STATUSES: [u16; 4] = [200, 400, 429, 503];
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let status = STATUSES[usize::from(*first) % STATUSES.len()];
    let answer = Response::builder().status(status);
    let answer = answer.header("retry-after", &rest[..end]);
    let Ok(answer) = answer.body(rest[end..].to_vec()) else {
        return;
    };
    let problem = match read(&answer) {
        Answer::Taken(_, problem) => {
            assert_eq!(status, 200);
            problem
        }
        Answer::Later(problem, time) => {
            assert!(time.is_none_or(|time| time >= Duration::ZERO));
            Some(problem)
        }
        Answer::Never(problem) => Some(problem),
    };
    // The kind is the same for all problems of a kind, and the collector's text is bounded.
    let problem = problem.map(|problem| (problem.kind, problem.text));
    let (kind, text) = problem.unwrap_or_default();
    assert!(kind.len() < 100 && text.len() < 300, "{kind}{text}");
}
