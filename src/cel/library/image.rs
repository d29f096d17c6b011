//! References to container images.
//!
//! What is one, and what its parts are when they are left out, follows
//! <https://github.com/google/go-containerregistry/tree/main/pkg/name>, which kube-apiserver asks.

use super::{Call, Opaque, opaque};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;

/// The registry of references that name none.
const REGISTRY: &str = "index.docker.io";

const TEXT: &[&str] = &["image -> string"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("image", Global, Once, &["string -> image"], |call, _| Image::read(call.text(0)?).map(|image| opaque(Opaque::Image(image)))),
    ("isImage", Global, Once, &["string -> bool"], |call, _| Ok(Val::Bool(Image::read(call.text(0)?).is_ok()))),
    ("containsDigest", Member, One, &["image -> bool"], |call, _| Ok(Val::Bool(!image(call)?.digest.is_empty()))),
    ("registry", Member, One, TEXT, |call, _| Ok(image(call)?.registry.as_str().into())),
    ("repository", Member, One, TEXT, |call, _| Ok(image(call)?.repository.as_str().into())),
    ("identifier", Member, One, TEXT, |call, _| {
        let image = image(call)?;
        Ok(if image.digest.is_empty() { &image.tag } else { &image.digest }.as_str().into())
    }),
    ("tag", Member, One, TEXT, |call, _| Ok(image(call)?.tag.as_str().into())),
    ("digest", Member, One, TEXT, |call, _| Ok(image(call)?.digest.as_str().into())),
];

/// A reference in its parts; a tag and a digest exclude each other.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cel) struct Image {
    registry: String,
    repository: String,
    tag: String,
    digest: String,
}

fn image<'c>(call: &Call<'c, '_>) -> Result<&'c Image, Fault> {
    match call.opaque(0)? {
        Opaque::Image(image) => Ok(image),
        _ => call.refuse(),
    }
}

impl Image {
    /// How much text there is, in bytes.
    pub(super) fn text_size(&self) -> usize {
        self.registry.len() + self.repository.len() + self.tag.len() + self.digest.len()
    }

    fn read(text: &str) -> Result<Self, Fault> {
        Self::parse(text).ok_or_else(|| Fault::other(format!("could not parse reference: {text}")))
    }

    fn parse(text: &str) -> Option<Self> {
        let Some((named, digest)) = text.split_once('@') else {
            let (name, tag) = tagged(text);
            let tag = tag.unwrap_or("latest");
            let is_tag = tag.len() <= 128 && tag.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-.".contains(&letter));
            return is_tag.then(|| Self::of(name, tag, "")).flatten();
        };
        let hex = digest.strip_prefix("sha256:")?;
        let is_digest = hex.len() == 64 && hex.bytes().all(|letter| letter.is_ascii_digit() || (b'a'..=b'f').contains(&letter));
        let name = match tagged(named) {
            (name, Some(_)) if Self::parse(named).is_some() => name,
            _ => named,
        };
        is_digest.then(|| Self::of(name, "", digest)).flatten()
    }

    fn of(name: &str, tag: &str, digest: &str) -> Option<Self> {
        let (registry, repository) = match name.split_once('/') {
            Some((registry, rest)) if registry.contains(['.', ':']) || registry == "localhost" => (registry, rest),
            _ => ("", name),
        };
        let letters = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_-.".contains(&letter);
        let is_path = repository.split('/').all(|part| !part.is_empty() && part.bytes().all(letters));
        let is_host = |host: &str| {
            let (host, port) = host.split_once(':').unwrap_or((host, ""));
            let host = !host.is_empty() && host.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-._".contains(&letter));
            host && port.bytes().all(|digit| digit.is_ascii_digit())
        };
        if !is_path || !(2..=255).contains(&repository.len()) || !(registry.is_empty() || is_host(registry)) {
            return None;
        }
        let registry = if matches!(registry, "" | "docker.io") { REGISTRY } else { registry };
        let is_official = registry == REGISTRY && !repository.contains('/');
        Some(Self {
            registry: registry.to_owned(),
            repository: if is_official { format!("library/{repository}") } else { repository.to_owned() },
            tag: tag.to_owned(),
            digest: digest.to_owned(),
        })
    }
}

/// A name and its tag. A colon before the last slash is one of a port.
fn tagged(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag).filter(|tag| !tag.is_empty())),
        _ => (text, None),
    }
}
