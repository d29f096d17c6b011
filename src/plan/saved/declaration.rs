//! What a saved plan declares as a whole, beside what it changes.
//!
//! Receives the objects of a plan's document, hands on the manifests that a revision of the plan's set keeps. Invariant: a declaration is
//! whole or none: a revision without the values of a Secret could not be gone back to.

use serde_json::Value;

use crate::object::Object;
use crate::plan::history::Declared;
use crate::plan::set::without_membership;

/// What the set of a saved plan is declared to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Declaration {
    /// All of it.
    Whole(Vec<Declared>),
    /// The values of these Secrets, such as `secret/login in namespace shop`, are not in the plan.
    Withheld(Vec<String>),
    /// The plan holds nothing but what it changes.
    Changes,
}

impl Declaration {
    /// Reads the objects of a plan.
    pub(super) fn read(objects: &[Value]) -> Self {
        let (mut declared, mut withheld) = (Vec::new(), Vec::new());
        for object in objects.iter().filter(|object| object.get("leavesSet") != Some(&true.into())) {
            if object.get("withheld") == Some(&true.into()) {
                withheld.push(name_of(object));
                continue;
            }
            let manifest = object.get("manifest").and_then(|manifest| Object::from_value(manifest.clone()).ok());
            let Some(manifest) = manifest else { return Self::Changes };
            declared.push(Declared { manifest: without_membership(&manifest), origin: origin_of(object) });
        }
        if withheld.is_empty() { Self::Whole(declared) } else { Self::Withheld(withheld) }
    }
}

/// `secret/login in namespace shop`.
pub(super) fn name_of(object: &Value) -> String {
    let text = |member: &str| object.get(member).and_then(Value::as_str);
    let namespace = crate::plan::in_namespace(text("namespace"));
    format!("{}/{}{namespace}", text("kind").unwrap_or_default().to_lowercase(), text("name").unwrap_or_default())
}

/// Where the manifest was written, such as `deploy/web.yaml:12:1`.
fn origin_of(object: &Value) -> Option<String> {
    let source = object.get("source")?;
    Some(format!("{}:{}:{}", source.get("file")?.as_str()?, source.get("line")?, source.get("column")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, members: &Value) -> Value {
        let mut object = json!({"kind": kind, "name": "a", "namespace": "shop", "source": {"file": "a.yaml", "line": 3, "column": 1}});
        object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        object
    }

    fn manifest() -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}})
    }

    #[test]
    fn what_a_plan_declares_is_all_that_does_not_leave_its_set() {
        let mut member = manifest();
        member["metadata"]["labels"] = json!({(crate::plan::set::PART_OF): "applyset-x"});
        let objects = [object("ConfigMap", &json!({"manifest": member})), object("Secret", &json!({"leavesSet": true}))];
        let declared = Declared { manifest: Object::from_value(manifest()).unwrap(), origin: Some("a.yaml:3:1".to_owned()) };
        assert_eq!(Declaration::read(&objects), Declaration::Whole(vec![declared]));
    }

    #[test]
    fn without_a_manifest_nothing_is_declared_as_a_whole() {
        let held = object("ConfigMap", &json!({"manifest": manifest()}));
        let withheld = object("Secret", &json!({"withheld": true}));
        let names = vec!["secret/a in namespace shop".to_owned()];
        assert_eq!(Declaration::read(&[held.clone(), withheld]), Declaration::Withheld(names));
        assert_eq!(Declaration::read(&[held, object("ConfigMap", &json!({}))]), Declaration::Changes);
    }
}
