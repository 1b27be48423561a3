//! What may be typed in a spec, as types from which its JSON Schema is generated. The comments are
//! what an editor shows. `read` walks the tree of the text itself, so as to tell every fault at
//! its place; nothing is ever read into these types.
#![expect(dead_code, reason = "the types describe; no value of them is made")]

mod destination;
mod field;
mod object;
mod source;
mod spec;

pub(super) use spec::Spec;
