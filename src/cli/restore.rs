//! What was deleted and could not be made anew, kept in a file from which it can be applied again.

use std::path::PathBuf;

use serde_json::Value;

use super::ui::Ui;
use crate::object::Object;
use crate::private_file;
use crate::yaml;

/// What a server sets itself and refuses, or ignores, in a new object.
const OF_SERVER: [&str; 8] = [
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Writes the object into the working directory, or where that cannot be, into that for temporary files, and says so.
pub(super) fn tell(ui: &Ui, name: &str, deleted: &Object) {
    match keep(name, deleted) {
        Ok(hint) => ui.hint(&hint),
        Err(error) => ui.error(&error),
    }
}

/// The same for whoever says so in their own way: a hint at the file, or what is wrong.
pub(super) fn keep(name: &str, deleted: &Object) -> Result<String, String> {
    let manifest = yaml::emit(&manifest(deleted));
    let file = PathBuf::from(format!("deleted-{}.yaml", file_stem(deleted)));
    let written = private_file::write_new(&file, &manifest).map(|()| file.clone()).or_else(|_| {
        let elsewhere = std::env::temp_dir().join(&file);
        private_file::write_new(&elsewhere, &manifest).map(|()| elsewhere)
    });
    match written {
        Ok(file) => Ok(format!("{name} as it was is in {0}; to have it back: trueup apply -f {0}", file.display())),
        // A Secret's values do not go to a screen; they are in the manifests of whoever made it.
        Err(error) if deleted.kind() == "Secret" => Err(format!("{name} as it was could not be kept: {error}")),
        Err(error) => Err(format!("{name} as it was could not be kept ({error}); it was:\n{manifest}")),
    }
}

/// The object as a manifest that can be applied.
fn manifest(deleted: &Object) -> Value {
    let mut object = deleted.clone();
    object.root_mut().remove("status");
    for member in OF_SERVER {
        object.remove_meta(member);
    }
    object.into_value()
}

/// Kind, name and uid hold no separators but dots and dashes where a server let them in; anything else becomes a dash.
fn file_stem(object: &Object) -> String {
    // A file's name has 255 bytes at most, as long as an object's may be; the uid tells objects apart.
    let name: String = object.name().chars().take(100).collect();
    let stem = format!("{}-{name}-{}", object.kind().to_lowercase(), object.uid());
    stem.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_can_be_applied() {
        let live = json!({"apiVersion": "v1", "kind": "Secret", "data": {"k": "dg=="}, "status": {}, "metadata": {
            "name": "a:b/..", "uid": "u-1", "resourceVersion": "7", "labels": {"x": "y"}, "managedFields": []}});
        let live = Object::from_value(live).unwrap();
        assert_eq!(
            manifest(&live),
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"k": "dg=="}, "metadata": {"name": "a:b/..", "labels": {"x": "y"}}})
        );
        assert_eq!(file_stem(&live), "secret-a-b-..-u-1");
    }
}
