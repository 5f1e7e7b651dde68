use super::*;

#[monitored]
async fn joins(different: bool) -> Result<u64, AppError> {
    let (left, right) = tokio::join!(find_later(1), find_later(2));
    if different {
        return Err(AppError::other());
    }
    Ok(left? + right?)
}

#[monitored]
async fn selects(different: bool) -> Result<u64, AppError> {
    let endless = std::future::pending::<Result<u64, NotFound>>();
    let first = tokio::select! {
        found = find_later(1) => found,
        found = endless => found,
    };
    if different {
        return Err(AppError::other());
    }
    Ok(first?)
}

#[test]
fn siblings_are_told_apart() {
    for (different, outer) in [(false, None), (true, Some("joins"))] {
        let (_, seen) = run(capture_async(joins(different)));
        let expected: Vec<_> = ["find_later", "find_later"]
            .into_iter()
            .chain(outer)
            .collect();
        told(&seen, &expected);
    }
    for (different, outer) in [(false, None), (true, Some("selects"))] {
        let (_, seen) = run(capture_async(selects(different)));
        let expected: Vec<_> = ["find_later"].into_iter().chain(outer).collect();
        told(&seen, &expected);
    }
}
