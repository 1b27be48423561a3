//! The JSON-RPC envelope: what a request may look like, what an answer looks like.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::methods::{METHODS, Method, Params};

/// A request, read.
pub(crate) struct Request {
    pub(crate) method: &'static Method,
    pub(crate) params: Params,
    pub(crate) frame: Frame,
}

/// What of the request comes back in the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    id: Value,
    modern: bool,
}

/// Reads a body, whatever content type it came under.
pub(crate) fn read(body: &[u8]) -> Result<Request, (Frame, Fault)> {
    let none = Frame::default();
    let parsed: Value = serde_json::from_slice(body)
        .map_err(|_| (none.clone(), Fault::rpc(-32600, "Invalid Request")))?;
    // Batches are not supported.
    let Value::Object(request) = parsed else {
        return Err((none, Fault::rpc(-32600, "Invalid Request")));
    };
    let frame = Frame {
        id: request.get("id").cloned().unwrap_or(Value::Null),
        modern: request.get("jsonrpc").and_then(Value::as_str) == Some("2.0"),
    };
    let Some(name) = request.get("method").and_then(Value::as_str) else {
        return Err((frame, Fault::rpc(-32600, "Invalid Request")));
    };
    let Some(method) = Method::named(name) else {
        return Err((frame, Fault::rpc(-32601, "Method not found")));
    };
    let params = match request.get("params") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(named)) => named.clone(),
        Some(Value::Array(list)) => {
            method.params.iter().map(|name| (*name).to_owned()).zip(list.iter().cloned()).collect()
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            return Err((frame, Fault::rpc(-32602, "Invalid params")));
        }
    };
    Ok(Request { method, params, frame })
}

impl Frame {
    /// The id of the call, as text.
    pub(crate) fn id(&self) -> String {
        self.id.as_str().map_or_else(|| self.id.to_string(), str::to_owned)
    }

    /// The answer to a call: with `jsonrpc` for those who sent it, with `"error":null` for the others.
    pub(crate) fn answer(&self, result: Result<Value, &Fault>) -> Value {
        let mut answer = Map::new();
        match result {
            Ok(result) => {
                answer.insert("result".to_owned(), result);
                answer.insert("id".to_owned(), self.id.clone());
                if !self.modern {
                    answer.insert("error".to_owned(), Value::Null);
                }
            }
            Err(fault) => {
                if !self.modern {
                    answer.insert("result".to_owned(), Value::Null);
                }
                let error = json!({"code": fault.code, "message": fault.message, "data": null});
                answer.insert("error".to_owned(), error);
                answer.insert("id".to_owned(), self.id.clone());
            }
        }
        if self.modern {
            answer.insert("jsonrpc".to_owned(), "2.0".into());
        }
        Value::Object(answer)
    }
}

/// JSON as the service writes it: `/` and everything beyond ASCII escaped.
pub(crate) fn escaped(value: &Value) -> String {
    let plain = value.to_string();
    let mut out = String::with_capacity(plain.len());
    let mut units = [0; 2];
    for c in plain.chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => c.encode_utf16(&mut units).iter().for_each(|unit| unit_escape(&mut out, *unit)),
        }
    }
    out
}

fn unit_escape(out: &mut String, unit: u16) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from(unit >> shift) & 0xf;
        out.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
}

/// The service map that a GET of the endpoint answers.
pub(crate) fn service_map() -> Value {
    let mut services = Map::new();
    for method in METHODS {
        let parameters: Vec<Value> = method
            .params
            .iter()
            .map(|name| json!({"type": "any", "name": name, "optional": method.optional(name)}))
            .collect();
        services.insert(
            method.name.to_owned(),
            json!({"envelope": "JSON-RPC-2.0", "transport": "POST", "parameters": parameters, "returns": "any"}),
        );
    }
    json!({
        "transport": "POST", "envelope": "JSON-RPC-2.0", "contentType": "application/json",
        "SMDVersion": "2.0", "target": "/api/v1/json", "services": services,
    })
}
