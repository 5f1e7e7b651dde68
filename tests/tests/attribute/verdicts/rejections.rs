//! Rejections of axum's extractors and of warp's filters.

use axum::Extension;
use axum::extract::rejection::{ExtensionRejection, PathRejection};
use axum::extract::{FromRequestParts, Path};
use monitor_runtime::monitored;
use monitor_runtime::testkit::capture_async;

use super::judged;

fn request() -> http::request::Parts {
    http::Request::new(()).into_parts().0
}

#[monitored]
async fn extension() -> Result<Extension<u8>, ExtensionRejection> {
    Extension::from_request_parts(&mut request(), &()).await
}
#[monitored]
async fn path() -> Result<Path<u8>, PathRejection> {
    Path::from_request_parts(&mut request(), &()).await
}
#[monitored]
async fn query() -> Result<axum::extract::Query<Vec<u8>>, axum::extract::rejection::QueryRejection>
{
    let mut request = request();
    request.uri = "/?a=1".parse().expect("a URI");
    axum::extract::Query::from_request_parts(&mut request, &()).await
}
#[monitored]
async fn filter(filter: u8) -> Result<(), warp::Rejection> {
    use warp::Filter;
    let request = warp::test::request().path("/a?b=c");
    let get = warp::post().map(|| ()).untuple_one();
    let query = warp::query::<Vec<u8>>().map(drop).untuple_one();
    match filter {
        0 => request.filter(&get).await,
        1 => request.filter(&query).await,
        2 => {
            request
                .filter(&warp::header::<u8>("x-none").map(drop).untuple_one())
                .await
        }
        _ => Err(warp::reject::custom(Mine)),
    }
}

#[derive(Debug)]
struct Mine;
impl warp::reject::Reject for Mine {}

#[tokio::test]
async fn a_rejection_is_the_clients_fault_unless_the_server_answers_500() {
    judged(&capture_async(extension()).await.1, Some("500"));
    judged(&capture_async(path()).await.1, Some("500"));
    judged(&capture_async(query()).await.1, None);
    for number in 0..3 {
        judged(&capture_async(filter(number)).await.1, None);
    }
    judged(&capture_async(filter(3)).await.1, Some("rejection"));
}
