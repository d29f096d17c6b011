//! ConfigMaps and Secrets made of literals and files.
//!
//! Receives a generator and the files it names, hands on an object. Invariant: the same files give the same object, and so the same
//! hash in its name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::error::KustomizeProblem;
use super::item::Item;
use super::kustomization::{Behaviour, Generator, GeneratorOptions, Spot};
use super::load::Layer;
use super::set::Set;
use crate::manifest::{ManifestError, Origin};
use crate::object::Object;
use crate::yaml::Mark;

/// How long a line of base64 is where it needs more than one.
const LINE: usize = 70;

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
}

/// Makes the object of one generator, and puts it into the set.
pub(super) fn generate(set: &mut Set, layer: &Layer, kind: Kind, generator: &Spot<Generator>) -> Result<(), ManifestError> {
    let Spot { mark, value: generator } = generator;
    let options = generator.options.or(&layer.kustomization.generator_options);
    if generator.name.is_empty() {
        return Err(layer.fails(*mark, KustomizeProblem::Incomplete("a generator needs a `name`")));
    }
    let mut object = Object::default();
    object.root_mut().insert("apiVersion".to_owned(), "v1".into());
    object.set_meta("name", generator.name.clone());
    if !generator.namespace.is_empty() {
        object.set_meta("namespace", generator.namespace.clone());
    }
    let pairs = read_pairs(layer, generator)?;
    match kind {
        Kind::ConfigMap => fill_config_map(&mut object, pairs),
        Kind::Secret => fill_secret(&mut object, pairs, &generator.secret_type),
    }
    decorate(&mut object, &options);
    let mut item = Item::made(object, Origin { source: std::sync::Arc::clone(&layer.file), mark: *mark });
    item.behaviour = generator.behaviour;
    item.is_generated = true;
    item.hashed = !options.without_hash;
    absorb(set, item)
}

/// Bytes by key, each with the place of its source.
type Data = Vec<(String, Vec<u8>)>;

fn read_pairs(layer: &Layer, generator: &Generator) -> Result<Data, ManifestError> {
    let mut pairs: Vec<(Mark, String, Vec<u8>)> = Vec::new();
    for env in &generator.envs {
        let file = layer.bytes(env)?;
        let lines = env_lines(&file)
            .map_err(|(line, why)| layer.fails(env.mark, KustomizeProblem::BadPair { given: format!("{}:{line}", env.value), why }))?;
        pairs.extend(lines.into_iter().map(|(key, value)| (env.mark, key, value)));
    }
    for literal in &generator.literals {
        let (key, value) = split_literal(&literal.value).ok_or_else(|| {
            // The value may be secret, and what has no key may be nothing but a value.
            let given = literal.value.split_once('=').map_or("this literal", |_| "this literal, which begins with `=`,");
            layer.fails(literal.mark, KustomizeProblem::BadPair { given: given.to_owned(), why: "must be key=value" })
        })?;
        pairs.push((literal.mark, key.to_owned(), value.as_bytes().to_vec()));
    }
    for file in &generator.files {
        let (key, path) =
            split_file(&file.value).map_err(|why| layer.fails(file.mark, KustomizeProblem::BadPair { given: file.value.clone(), why }))?;
        let path = Spot { mark: file.mark, value: path.to_owned() };
        pairs.push((file.mark, key.to_owned(), layer.bytes(&path)?));
    }
    let mut seen = std::collections::HashSet::new();
    if let Some((mark, key, _)) = pairs.iter().find(|(_, key, _)| !seen.insert(key.clone())) {
        return Err(layer.fails(*mark, KustomizeProblem::BadPair { given: key.clone(), why: "is a key that this generator has already" }));
    }
    Ok(pairs.into_iter().map(|(_, key, value)| (key, value)).collect())
}

/// The files that a generator names, to be read before.
pub(super) fn files_of(generator: &Generator) -> Vec<Spot<String>> {
    let named = generator.files.iter().filter_map(|file| {
        let (_, path) = split_file(&file.value).ok()?;
        Some(Spot { mark: file.mark, value: path.to_owned() })
    });
    generator.envs.iter().cloned().chain(named).collect()
}

/// `key=value`; quotes around the whole value are taken off.
fn split_literal(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty())?;
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Some((key, unquoted.unwrap_or(value)))
}

/// `path`, whose last part is the key, or `key=path`.
fn split_file(text: &str) -> Result<(&str, &str), &'static str> {
    match text.split_once('=') {
        None => Ok((text.trim_end_matches('/').rsplit('/').next().unwrap_or(text), text)),
        Some((_, path)) if path.contains('=') => Err("has more than one `=`; neither key nor path may contain it"),
        Some(("", _)) => Err("has no key before the `=`"),
        Some((_, "")) => Err("has no path after the `=`"),
        Some((key, path)) => Ok((key, path)),
    }
}

/// The lines of an environment file: `KEY=value`, or `KEY` for an empty value. Errors with the number of a line, from 1.
fn env_lines(bytes: &[u8]) -> Result<Data, (usize, &'static str)> {
    let mut pairs = Vec::new();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (position, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|_| (position + 1, "is not UTF-8 text"))?.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(pairs)
}

fn fill_config_map(object: &mut Object, pairs: Data) {
    object.root_mut().insert("kind".to_owned(), "ConfigMap".into());
    for (key, bytes) in pairs {
        let (member, value) = match String::from_utf8(bytes) {
            Ok(text) => ("data", text),
            Err(error) => ("binaryData", encode(error.as_bytes())),
        };
        let data = object.root_mut().entry(member).or_insert_with(|| Value::Object(Map::new()));
        data[key] = value.into();
    }
}

fn fill_secret(object: &mut Object, pairs: Data, secret_type: &str) {
    let root = object.root_mut();
    root.insert("kind".to_owned(), "Secret".into());
    root.insert("type".to_owned(), if secret_type.is_empty() { "Opaque" } else { secret_type }.into());
    let data: Map<String, Value> = pairs.into_iter().map(|(key, bytes)| (key, encode(&bytes).into())).collect();
    root.insert("data".to_owned(), Value::Object(data));
}

/// Base64, in lines where it is long, as kustomize writes it; the line breaks are part of what is hashed.
fn encode(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for (position, letter) in text.char_indices() {
        if position > 0 && position % LINE == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines.push('\n');
    lines
}

fn decorate(object: &mut Object, options: &GeneratorOptions) {
    for (member, pairs) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if !pairs.is_empty() {
            object.set_meta(member, json!(pairs));
        }
    }
    if options.immutable {
        object.root_mut().insert("immutable".to_owned(), true.into());
    }
}

/// Puts a generated object into the set, in the place of one that is there if its generator says so.
fn absorb(set: &mut Set, mut item: Item) -> Result<(), ManifestError> {
    let id = item.id();
    let found = set.find(&id);
    let refused = |why| item.fails(KustomizeProblem::Behaviour { object: id.to_string(), why });
    match (found[..].first(), item.behaviour) {
        _ if found.len() > 1 => Err(refused("is there more than once; which of them is meant cannot be told")),
        (None, Behaviour::Create) => {
            set.items.push(item);
            Ok(())
        }
        (None, _) => Err(refused("is not there, so that there is nothing to merge with or to replace")),
        (Some(_), Behaviour::Create) => Err(refused("is there already, and this generator says neither merge nor replace")),
        (Some(position), behaviour) => {
            let old = &set.items[*position];
            take_metadata(&mut item.object, &old.object);
            if behaviour == Behaviour::Merge {
                take_data(&mut item.object, &old.object);
            }
            item.inherit(old);
            set.items[*position] = item;
            Ok(())
        }
    }
}

/// The name of the old object, and its labels and annotations where the new one has none of that key.
fn take_metadata(new: &mut Object, old: &Object) {
    for member in ["labels", "annotations"] {
        take_members(new.metadata_mut(), old.metadata(), member);
    }
    new.set_meta("name", old.name());
    match old.meta_str("namespace") {
        Some(namespace) => new.set_meta("namespace", namespace),
        None => drop(new.remove_meta("namespace")),
    }
}

fn take_data(new: &mut Object, old: &Object) {
    for member in ["data", "binaryData"] {
        take_members(new.root_mut(), Some(old.root()), member);
    }
}

fn take_members(new: &mut Map<String, Value>, old: Option<&Map<String, Value>>, member: &str) {
    let Some(old) = old.and_then(|old| old.get(member)).and_then(Value::as_object).filter(|old| !old.is_empty()) else { return };
    let mut merged = old.clone();
    if let Some(Value::Object(own)) = new.remove(member) {
        merged.extend(own);
    }
    new.insert(member.to_owned(), Value::Object(merged));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_loses_the_quotes_around_its_value() {
        for (text, wanted) in [
            ("a=b", Some(("a", "b"))),
            ("a=b=c", Some(("a", "b=c"))),
            ("a=\"b\"", Some(("a", "b"))),
            ("a='b", Some(("a", "'b"))),
            ("a='", Some(("a", "'"))),
            ("a=", Some(("a", ""))),
            ("=b", None),
            ("a", None),
        ] {
            assert_eq!(split_literal(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_file_is_named_by_its_last_part_or_by_a_key() {
        assert_eq!(split_file("a/b.txt"), Ok(("b.txt", "a/b.txt")));
        assert_eq!(split_file("k=a/b.txt"), Ok(("k", "a/b.txt")));
        for bad in ["=a", "a=", "a=b=c"] {
            assert!(split_file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_environment_file_may_have_comments_and_keys_without_value() {
        let pairs = env_lines(b"\xef\xbb\xbfA=1\r\n # c\n\nB\nC = x \n").unwrap();
        let text: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), std::str::from_utf8(value).unwrap())).collect();
        assert_eq!(text, [("A", "1"), ("B", ""), ("C ", " x ")]);
        assert_eq!(env_lines(b"A=1\n\xff=2").unwrap_err().0, 2);
    }

    #[test]
    fn long_base64_stands_in_lines_of_seventy() {
        assert_eq!(encode(&[b'x'; 51]).lines().map(str::len).collect::<Vec<_>>(), [68]);
        assert!(!encode(&[b'x'; 51]).ends_with('\n'));
        assert_eq!(encode(&[b'x'; 100]).lines().map(str::len).collect::<Vec<_>>(), [70, 66]);
        assert!(encode(&[b'x'; 100]).ends_with('\n'));
    }
}
