//! A status of gRPC as an error, by value, in a box and by reference.

use monitor_runtime::monitored;
use monitor_runtime::testkit::{capture, capture_async};
use tonic::Status;

use super::judged;
use super::shapes::Boxed;

const FAILURES: [(tonic::Code, &str); 6] = [
    (tonic::Code::Unknown, "UNKNOWN"),
    (tonic::Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (tonic::Code::Unimplemented, "UNIMPLEMENTED"),
    (tonic::Code::Internal, "INTERNAL"),
    (tonic::Code::Unavailable, "UNAVAILABLE"),
    (tonic::Code::DataLoss, "DATA_LOSS"),
];

fn status(number: i32) -> Status {
    let mut status = Status::new(number.into(), "code: Internal, so it says");
    let value = "s3cr3t".parse().expect("a value");
    status.metadata_mut().insert("authorization", value);
    status
}

#[monitored]
async fn unary(number: i32) -> Result<tonic::Response<u64>, Status> {
    monitor_tests::pause().await;
    Err(status(number))
}
#[monitored]
fn boxed_error(number: i32) -> Result<(), Box<Status>> {
    Err(Box::new(status(number)))
}
#[monitored]
fn lent(status: &Status) -> Result<(), &Status> {
    Err(status)
}
#[monitored]
fn boxed(number: i32) -> Boxed<Result<(), Status>> {
    Box::pin(async move { Err(status(number)) })
}
#[monitored(err(Debug))]
fn by_debug(number: i32) -> Result<(), Status> {
    Err(status(number))
}

#[tokio::test]
async fn a_status_is_judged_by_its_code() {
    for number in 0..=16 {
        let failure = FAILURES.iter().find(|(code, _)| *code as i32 == number);
        let class = failure.map(|(_, class)| *class);
        let shared = status(number);
        let texts = [
            judged(&capture_async(unary(number)).await.1, class),
            judged(&capture(|| boxed_error(number).is_err()).1, class),
            judged(&capture(|| lent(&shared).is_err()).1, class),
            judged(&capture_async(boxed(number)).await.1, class),
            judged(&capture(|| by_debug(number).is_err()).1, class),
        ];
        for text in texts {
            assert_eq!(
                text.is_some_and(|text| text.contains("so it says")),
                class.is_some()
            );
        }
    }
}
