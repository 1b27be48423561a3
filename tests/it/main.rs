//! The whole-binary tests.
