//! Answers that do not come to an end.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::answers::Answer;
use super::class::Slow;
use super::cord::Cord;

/// Blanks are sent this often.
const BEAT: Duration = Duration::from_millis(20);
/// Longer than any client waits, so that nothing is kept for ever.
const BEATS_MAX: u32 = 10_000;
/// Header lines, and times that "100 Continue" is said.
const LINES: u32 = 2_000;
const CONTINUES: usize = 20_000;

/// An answer, slowly.
pub(crate) fn slow(slow: Slow, answer: Answer, beat: Duration, cord: &Cord) -> Response {
    match slow {
        Slow::Drip => {
            let beat = if beat.is_zero() { BEAT } else { beat };
            let bytes = answer.body.clone().into_iter();
            let drops = stream::unfold(bytes, move |mut bytes| async move {
                tokio::time::sleep(beat).await;
                let byte = bytes.next()?;
                Some((Ok::<_, Infallible>(vec![byte]), bytes))
            });
            whole(answer, Body::from_stream(drops))
        }
        Slow::Endless => {
            let blanks = stream::unfold(0, |beat| async move {
                tokio::time::sleep(BEAT).await;
                (beat < BEATS_MAX).then(|| (Ok::<_, Infallible>(vec![b' ']), beat + 1))
            });
            whole(answer, Body::from_stream(blanks))
        }
        Slow::Headers => {
            let mut answer = answer;
            for line in 0..LINES {
                let name = HeaderName::try_from(format!("x-line-{line}"));
                if let Ok(name) = name {
                    answer.headers.insert(name, HeaderValue::from_static("on and on and on"));
                }
            }
            let body = Body::from(answer.body.clone());
            whole(answer, body)
        }
        Slow::Continues => {
            cord.chatter(CONTINUES);
            let body = Body::from(answer.body.clone());
            whole(answer, body)
        }
    }
}

/// Status and headers with a body.
pub(crate) fn whole(answer: Answer, body: Body) -> Response {
    let mut headers = answer.headers;
    headers.remove(header::CONTENT_LENGTH);
    (answer.status, headers, body).into_response()
}
