//! Files of one volume that are put at one path, or one below another.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Warnings;
use crate::admission::validation::field::Field;

/// The members of a volume that hold files of a list, with what they are called and where their name is.
const SOURCES: [(&str, &str, Option<&str>); 3] =
    [("configMap", "ConfigMap", Some("name")), ("secret", "Secret", Some("secretName")), ("downwardAPI", "DownwardAPI", None)];

/// The same within a volume of several sources.
const PROJECTED: [(&str, &str, Option<&str>); 3] =
    [("configMap", "ConfigMap", Some("name")), ("secret", "Secret", Some("name")), ("downwardAPI", "DownwardAPI", None)];

/// The volumes of a pod.
pub(super) fn overlaps(volumes: &Field<'_, '_>, said: &mut Warnings) {
    for volume in volumes.items() {
        let name = volume.at("name").text();
        for (member, called, named) in SOURCES {
            if let Some(paths) = listed(volume.value.get(member)) {
                let what = title(called, volume.value.get(member), named);
                within(paths, &format!("volume {name:?} ({what}): overlapping paths"), said);
            }
        }
        projected(name, &volume.deep(&["projected", "sources"]), said);
    }
}

fn projected(name: &str, sources: &Field<'_, '_>, said: &mut Warnings) {
    let mut all = BTreeSet::new();
    for source in sources.items() {
        if source.is_empty() {
            said.0.push(format!("volume {name:?} (Projected) has no sources provided"));
            continue;
        }
        let Some((what, paths)) = source_of(&source) else { continue };
        let text = format!("volume {name:?} (Projected {what}): overlapping paths");
        within(paths.iter().copied(), &text, said);
        let own: BTreeSet<&str> = paths.into_iter().collect();
        let mut together: Vec<&str> = own.iter().chain(&all).copied().collect();
        together.sort_unstable();
        within(together, &text, said);
        all.extend(own);
    }
}

/// What a source is called, and the paths of its files.
fn source_of<'v>(source: &Field<'_, 'v>) -> Option<(String, Vec<&'v str>)> {
    for (member, called, named) in PROJECTED {
        if let Some(paths) = listed(source.value.get(member)) {
            return Some((title(called, source.value.get(member), named), paths.collect()));
        }
    }
    let one = |member: &str| source.value.get(member)?.get("path")?.as_str();
    if let Some(path) = one("serviceAccountToken") {
        return Some(("ServiceAccountToken".to_owned(), vec![path]));
    }
    let path = one("clusterTrustBundle")?;
    let bundle = source.value.get("clusterTrustBundle");
    let named = if bundle.is_some_and(|bundle| bundle.get("name").is_some()) { "name" } else { "signerName" };
    Some((title("ClusterTrustBundle", bundle, Some(named)), vec![path]))
}

fn title(called: &str, source: Option<&Value>, named: Option<&str>) -> String {
    match named {
        Some(member) => format!("{called} {:?}", source.and_then(|source| source.get(member)?.as_str()).unwrap_or_default()),
        None => called.to_owned(),
    }
}

fn listed(source: Option<&Value>) -> Option<impl Iterator<Item = &str>> {
    Some(source?.get("items")?.as_array()?.iter().filter_map(|item| item.get("path")?.as_str()))
}

fn within<'v>(paths: impl IntoIterator<Item = &'v str>, text: &str, said: &mut Warnings) {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for path in paths {
        let path = path.trim_end_matches('/');
        if let Some(other) = known.iter().find(|other| overlap(other, path)) {
            said.0.push(format!("{text}: {path:?} with {other:?}"));
        }
        known.insert(path);
    }
}

/// Whether one path is the beginning of the other, by its characters as upstream compares them.
fn overlap(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && (format!("{one}/").starts_with(other) || format!("{other}/").starts_with(one))
}
