use super::*;

fn answer(status: u16, retry_after: &str, body: Vec<u8>) -> Answer {
    let answer = Response::builder().status(status);
    let answer = answer.header("retry-after", retry_after);
    read(&answer.body(body).expect("an answer"))
}

#[test]
fn answers_are_read_as_the_specification_says() {
    assert!(matches!(
        answer(200, "", Vec::new()),
        Answer::Taken(0, None)
    ));
    assert!(matches!(
        answer(200, "", b"<html>".to_vec()),
        Answer::Taken(0, None)
    ));
    let partial = PartialAnswer(3, "no such tenant").encode();
    let Answer::Taken(3, Some(problem)) = answer(200, "", partial) else {
        panic!("three were refused");
    };
    assert_eq!(problem.kind, "it does not take all");
    assert_eq!(problem.text, " (3 refused): no such tenant");
    for status in [429, 502, 503, 504] {
        let Answer::Later(_, Some(time)) = answer(status, "7", Vec::new()) else {
            panic!("{status} is another attempt's reason");
        };
        assert_eq!(time, Duration::from_secs(7));
    }
    for status in [301, 400, 401, 404, 413, 500, 501] {
        assert!(
            matches!(answer(status, "7", Vec::new()), Answer::Never(_)),
            "{status}"
        );
    }
    let date = "Fri, 31 Dec 1999 23:59:59 GMT";
    assert!(matches!(
        answer(503, date, Vec::new()),
        Answer::Later(_, Some(Duration::ZERO))
    ));
    assert!(matches!(
        answer(503, "soon", Vec::new()),
        Answer::Later(_, None)
    ));
    let status = RpcStatus {
        code: 3,
        message: "bad token=abcdefgh12345678".to_owned(),
    };
    let Answer::Never(problem) = answer(400, "", status.encode_to_vec()) else {
        panic!("it is refused");
    };
    assert_eq!(problem.kind, "it answered 400 Bad Request");
    assert!(problem.text.starts_with(": bad token="), "{problem:?}");
    assert!(!problem.text.contains("abcdefgh12345678"), "{problem:?}");
}

struct PartialAnswer(i64, &'static str);

impl PartialAnswer {
    fn encode(self) -> Vec<u8> {
        let partial = super::super::messages::PartialSuccess {
            rejected: self.0,
            error_message: self.1.to_owned(),
        };
        let answer = ExportResponse {
            partial_success: Some(partial),
        };
        answer.encode_to_vec()
    }
}

#[test]
fn jitter_stays_within_bounds() {
    for _ in 0..100 {
        let time = with_jitter(Duration::from_secs(2));
        assert!((1.0..=2.0).contains(&time.as_secs_f64()), "{time:?}");
    }
}
