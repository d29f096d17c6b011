//! The frames of a watch: each its length in four bytes, and a `WatchEvent` that holds an enveloped object.
//!
//! See <https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/generated.proto>.

use super::wire::{begin, end, put_bytes};

/// A frame of this type (`ADDED`, `BOOKMARK` …) for an object that is in its envelope already.
#[must_use]
pub fn frame(event: &str, object: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(object.len() + 32);
    out.extend_from_slice(&[0; 4]);
    put_bytes(&mut out, 1, event.as_bytes());
    let raw = begin(&mut out, 2);
    put_bytes(&mut out, 1, object);
    end(&mut out, raw);
    // Objects are some megabytes at the most.
    let length = u32::try_from(out.len() - 4).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_be_bytes());
    out
}
