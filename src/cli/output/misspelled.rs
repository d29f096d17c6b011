//! Paths that no object has, and which ones may be meant.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::json_path::JsonPath;
use crate::similar::nearest;

/// The path that may be meant by one of plain members that leads nowhere in any document. `None` where one of them has the field, or
/// none has a field of a similar name.
pub(super) fn similar_path<'a>(documents: impl Iterator<Item = &'a Value>, path: &JsonPath) -> Option<String> {
    let steps = path.members()?;
    let mut furthest = 0;
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for document in documents {
        let mut place = document;
        let mut taken = 0;
        while let Some(next) = steps.get(taken).and_then(|step| place.get(step)) {
            (place, taken) = (next, taken + 1);
        }
        if taken == steps.len() {
            return None;
        }
        if taken > furthest {
            (furthest, known) = (taken, BTreeSet::new());
        }
        if taken == furthest {
            known.extend(place.as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
        }
    }
    let meant = nearest(&steps[furthest], known)?;
    let way = steps[..furthest].iter().map(String::as_str).chain([meant]).chain(steps[furthest + 1..].iter().map(String::as_str));
    Some(way.map(|step| format!(".{step}")).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_step_that_leads_nowhere_is_guessed() {
        let documents = [json!({"metadata": {"name": "a"}}), json!({"metadata": {"name": "b", "namespace": "x"}})];
        let similar = |path: &str| similar_path(documents.iter(), &JsonPath::parse(path).expect("a path"));
        assert_eq!(similar(".metadata.nmae").as_deref(), Some(".metadata.name"));
        assert_eq!(similar(".metdata.name").as_deref(), Some(".metadata.name"));
        assert_eq!(similar(".metadata.namspace").as_deref(), Some(".metadata.namespace"));
        assert_eq!(similar(".metadata.namespace"), None, "one has it");
        assert_eq!(similar(".spec"), None);
    }
}
