//! A small client for the tests of the sandbox: real HTTP, no knowledge of the code behind it.

use std::sync::Arc;

use flitpipe::sandbox::{KEY, Options, Sandbox, USER, start};
use jiff::Timestamp;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// A running sandbox in a folder of its own.
pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    pub(crate) user: String,
    pub(crate) dir: Arc<tempfile::TempDir>,
}

pub(crate) fn http() -> Client {
    // The other half of the test may have installed it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().tls_certs_only([]).build().unwrap()
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::reopen(Arc::new(tempfile::tempdir().unwrap())).await
    }

    pub(crate) async fn reopen(dir: Arc<tempfile::TempDir>) -> Self {
        let options = Options::new(dir.path().to_owned(), Arc::new(Timestamp::now));
        let sandbox = start(options).await.unwrap();
        Self { sandbox, http: http(), user: USER.to_owned(), dir }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}/api/v1/json", self.sandbox.nutshell())
    }

    /// One call: status and body.
    pub(crate) async fn raw(&self, method: &str, params: Value) -> (StatusCode, Value) {
        let body = json!({"jsonrpc": "2.0", "id": "t", "method": method, "params": params});
        let request = self.http.post(self.endpoint()).basic_auth(&self.user, Some(KEY));
        let response = request.json(&body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// One call that must succeed: its result.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let (status, body) = self.raw(method, params).await;
        assert_eq!(status, 200, "{method}: {body}");
        body["result"].clone()
    }

    /// One call that must be refused: its HTTP status and its message.
    pub(crate) async fn refused(&self, method: &str, params: Value) -> (u16, String) {
        let (status, body) = self.raw(method, params).await;
        assert!(body["error"].is_object(), "{method} was not refused: {body}");
        (status.as_u16(), body["error"]["message"].as_str().unwrap().to_owned())
    }

    /// GET below the Nutshell prefix.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.sandbox.nutshell());
        let request = self.http.get(url).basic_auth(&self.user, Some(KEY));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// POST below the Nutshell prefix: status and body.
    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.nutshell());
        let request = self.http.post(url).basic_auth(&self.user, Some(KEY)).json(&body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}
