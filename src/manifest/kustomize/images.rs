//! `images`: other names, tags and digests for container images.
//!
//! Invariant: an entry changes an image once, also where the image stands in a list of containers and in a field that a rule names;
//! kustomize appends a `tagSuffix` twice there.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::error::KustomizeProblem;
use super::field_spec::{FieldSpec, Step};
use super::item::Item;
use super::kustomization::Image;
use super::set::Set;
use crate::schema::go_pattern;

/// What may follow the name: a tag, a digest.
const REST: &str = "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$";

/// Applies one entry to every object.
pub(super) fn images(set: &mut Set, rules: &[FieldSpec], image: &Image) -> Result<(), KustomizeProblem> {
    let bad = |error: regex::Error| KustomizeProblem::BadSelector { field: "name", why: error.to_string() };
    let pattern = go_pattern(&image.name).and_then(|_| go_pattern(&format!("^{}{REST}", image.name))).map_err(bad)?;
    for item in set.items.iter_mut().filter(|item| item.object.kind() != "CustomResourceDefinition") {
        change(item, rules, &pattern, image);
    }
    Ok(())
}

fn change(item: &mut Item, rules: &[FieldSpec], pattern: &Regex, image: &Image) {
    let id = item.id();
    let mut root = Value::Object(std::mem::take(item.object.root_mut()));
    let mut found = Places { at: String::new(), found: BTreeSet::new() };
    found.in_containers(&root);
    for rule in rules.iter().filter(|rule| rule.fits(&id)) {
        found.by_steps(&root, &rule.steps());
    }
    for pointer in found.found {
        if let Some(Value::String(text)) = root.pointer_mut(&pointer)
            && pattern.is_match(text)
        {
            *text = changed(text, image);
        }
    }
    if let Value::Object(members) = root {
        *item.object.root_mut() = members;
    }
}

/// JSON pointers to where images stand, collected on a walk.
struct Places {
    at: String,
    found: BTreeSet<String>,
}

impl Places {
    fn below(&mut self, step: &str, walk: impl FnOnce(&mut Self)) {
        let length = self.at.len();
        self.at.push('/');
        self.at.push_str(&step.replace('~', "~0").replace('/', "~1"));
        walk(self);
        self.at.truncate(length);
    }

    fn below_item(&mut self, position: usize, walk: impl FnOnce(&mut Self)) {
        self.below(&position.to_string(), walk);
    }

    /// The images of all lists of containers, wherever they are, so that custom kinds are served too.
    fn in_containers(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.below_item(position, |places| places.in_containers(item));
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    self.below(key, |places| {
                        places.in_containers(member);
                        if ["containers", "initContainers"].contains(&key.as_str()) {
                            places.images_of(member);
                        }
                    });
                }
            }
            _ => {}
        }
    }

    fn take(&mut self) {
        self.found.insert(self.at.clone());
    }

    fn images_of(&mut self, containers: &Value) {
        for position in 0..containers.as_array().map_or(0, Vec::len) {
            self.below_item(position, |places| places.below("image", Self::take));
        }
    }

    fn by_steps(&mut self, value: &Value, steps: &[Step]) {
        match (value, steps.split_first()) {
            (_, None) => self.take(),
            (Value::Array(items), _) => {
                for (position, item) in items.iter().enumerate() {
                    self.below_item(position, |places| places.by_steps(item, steps));
                }
            }
            (Value::Object(members), Some((step, rest))) => {
                if let Some(member) = members.get(&step.name) {
                    self.below(&step.name, |places| places.by_steps(member, rest));
                }
            }
            _ => {}
        }
    }
}

fn changed(text: &str, image: &Image) -> String {
    let (name, tag, digest) = split(text);
    let name = if image.new_name.is_empty() { name } else { &image.new_name };
    let (tag, digest) = match (image.new_tag.as_str(), image.digest.as_str(), image.tag_suffix.as_str()) {
        ("", "", "") => (tag.to_owned(), digest),
        ("", "", suffix) => (format!("{tag}{suffix}"), ""),
        (tag, digest, _) => (tag.to_owned(), digest),
    };
    let mut text = name.to_owned();
    for (mark, part) in [(':', tag.as_str()), ('@', digest)] {
        if !part.is_empty() {
            text.push(mark);
            text.push_str(part);
        }
    }
    text
}

/// Name, tag and digest of an image; a colon before the first slash belongs to a port.
fn split(text: &str) -> (&str, &str, &str) {
    let path = text.find('/').unwrap_or_default();
    let (rest, digest) = match text[path..].find('@') {
        Some(at) => (&text[..path + at], &text[path + at + 1..]),
        None => (text, ""),
    };
    match rest[path..].find(':') {
        Some(colon) => (&rest[..path + colon], &rest[path + colon + 1..], digest),
        None => (rest, "", digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_split_into_name_tag_and_digest() {
        for (text, parts) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1", ("nginx", "1", "")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
            ("nginx:1@sha256:ab", ("nginx", "1", "sha256:ab")),
            ("reg:80/x/nginx", ("reg:80/x/nginx", "", "")),
            ("reg:80/x/nginx:1", ("reg:80/x/nginx", "1", "")),
        ] {
            assert_eq!(split(text), parts, "{text}");
        }
    }

    #[test]
    fn a_new_tag_or_digest_takes_the_place_of_both() {
        let image = |new_tag: &str, digest: &str, tag_suffix: &str| Image {
            new_tag: new_tag.to_owned(),
            digest: digest.to_owned(),
            tag_suffix: tag_suffix.to_owned(),
            ..Image::default()
        };
        for (image, wanted) in [
            (image("2", "", ""), "a:2"),
            (image("", "sha256:cd", ""), "a@sha256:cd"),
            (image("2", "sha256:cd", ""), "a:2@sha256:cd"),
            (image("", "", "-x"), "a:1-x"),
            (image("", "", ""), "a:1@sha256:ab"),
            (Image { new_name: "b/c".to_owned(), ..Image::default() }, "b/c:1@sha256:ab"),
        ] {
            assert_eq!(changed("a:1@sha256:ab", &image), wanted, "{image:?}");
        }
    }
}
