//! A bucket on this machine that speaks as much of S3 as copies need, and what it was told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

/// An object of the bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) content: Vec<u8>,
    /// Its `x-amz-meta-blake3`.
    pub(crate) hash: String,
}

#[derive(Debug, Default)]
struct Shop {
    objects: BTreeMap<String, Object>,
    /// Uploads in parts: their hash and their parts.
    uploads: BTreeMap<String, (String, BTreeMap<usize, Vec<u8>>)>,
    /// Every request, as `PUT key`.
    asked: Vec<String>,
}

/// A bucket that runs until it is dropped.
pub(crate) struct Bucket {
    shop: Arc<Mutex<Shop>>,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Bucket {
    pub(crate) fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let shop = Arc::new(Mutex::new(Shop::default()));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router =
            Router::new().route("/{bucket}/{*key}", any(serve)).with_state(Arc::clone(&shop));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { shop, address, _runtime: runtime }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bucket and key to the object.
    pub(crate) fn objects(&self) -> BTreeMap<String, Object> {
        self.shop.lock().unwrap().objects.clone()
    }

    /// Every request so far, as `PUT key`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shop.lock().unwrap().asked.clone()
    }
}

async fn serve(
    State(shop): State<Arc<Mutex<Shop>>>,
    Path((bucket, key)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let (Parts { method, headers, .. }, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let said = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    if !said("authorization").starts_with("AWS4-HMAC-SHA256 Credential=the-id/")
        || key.contains("denied")
    {
        let error = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
        return (StatusCode::FORBIDDEN, error).into_response();
    }
    let mut shop = shop.lock().unwrap();
    let at = format!("{bucket}/{key}");
    let mark = if query.is_empty() {
        String::new()
    } else {
        "?".to_owned() + query.keys().next().unwrap()
    };
    shop.asked.push(format!("{method} {at}{mark}"));
    match (method, query.get("uploadId"), query.get("partNumber")) {
        (Method::POST, None, _) => {
            shop.uploads.insert(at.clone(), (said("x-amz-meta-blake3"), BTreeMap::new()));
            format!("<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{at}</UploadId></InitiateMultipartUploadResult>").into_response()
        }
        (Method::PUT, Some(upload), Some(part)) => {
            let number = part.parse().unwrap();
            shop.uploads.get_mut(upload).unwrap().1.insert(number, body.to_vec());
            [("etag", format!("\"{number}\""))].into_response()
        }
        (Method::POST, Some(upload), _) => {
            let (hash, parts) = shop.uploads.remove(upload).unwrap();
            let content = parts.into_values().flatten().collect();
            shop.objects.insert(at, Object { content, hash });
            format!("<CompleteMultipartUploadResult><Location>x</Location><Bucket>{bucket}</Bucket><Key>{key}</Key><ETag>\"all\"</ETag></CompleteMultipartUploadResult>").into_response()
        }
        (Method::PUT, None, _) => {
            let object = Object { content: body.to_vec(), hash: said("x-amz-meta-blake3") };
            shop.objects.insert(at, object);
            [("etag", "\"one\"")].into_response()
        }
        (Method::GET | Method::HEAD, _, _) => match shop.objects.get(&at) {
            // The length of an answer to HEAD is that of the body it leaves out.
            Some(object) => (
                [
                    ("etag", "\"one\"".to_owned()),
                    ("last-modified", "Thu, 26 Nov 2026 05:00:00 GMT".to_owned()),
                    ("x-amz-meta-blake3", object.hash.clone()),
                ],
                object.content.clone(),
            )
                .into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
