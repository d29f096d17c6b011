//! What one version declares besides its schema: columns, subresources, selectable fields.

use std::borrow::Cow;

use serde_json::Value;

use super::faults::Faults;
use crate::object::json_path::JsonPath;
use crate::object::{Cause, CauseKind, Gvk};
use crate::schema::columns::Column;
use crate::schema::columns::custom::{CellType, CustomCell};
use crate::schema::resource::{Behaviour, FieldSource, ScalePaths, Subresource, Verbs};

pub(super) fn columns(version: &Value, at: &str, faults: &mut Faults) -> (Vec<Column>, Vec<CustomCell>) {
    let declared = version.get("additionalPrinterColumns").and_then(Value::as_array).filter(|columns| !columns.is_empty());
    let age = [serde_json::json!({
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": Column::AGE.description,
    })];
    let declared = declared.map_or(&age[..], Vec::as_slice);
    let before = faults.0.len();
    let shown = shown(declared, at, faults);
    // Paths that nobody can follow make kube-apiserver fall back to the columns of definitions that declare none.
    match shown {
        None if faults.0.len() == before => self::shown(&age, at, faults).unwrap_or_default(),
        shown => shown.unwrap_or_default(),
    }
}

/// The declared columns; `None` where one of their paths cannot be followed.
fn shown(declared: &[Value], at: &str, faults: &mut Faults) -> Option<(Vec<Column>, Vec<CustomCell>)> {
    const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
    let mut columns = vec![Column::NAME];
    let mut cells = Vec::new();
    let mut sound = true;
    for (index, column) in declared.iter().enumerate() {
        let at = format!("{at}.additionalPrinterColumns[{index}]");
        let text = |member: &str| column.get(member).and_then(Value::as_str).unwrap_or_default();
        faults.required(&format!("{at}.name"), text("name"));
        let words = [("type", &CellType::NAMES[..]), ("format", &FORMATS[..])];
        for (member, allowed) in words.into_iter().filter(|(member, allowed)| !text(member).is_empty() && !allowed.contains(&text(member)))
        {
            faults.invalid(&format!("{at}.{member}"), text(member), &format!("must be one of {}", allowed.join(",")));
        }
        if text("type").is_empty() {
            faults.0.push(Cause::required(format!("{at}.type"), &format!("must be one of {}", CellType::NAMES.join(","))));
        }
        // The name of the member in kube-apiserver's internal form.
        let is_path = faults.dotted(&format!("{at}.JSONPath"), text("jsonPath"));
        let path = JsonPath::parse(text("jsonPath")).ok();
        sound &= !is_path || path.is_some();
        let priority = column.get("priority").and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
        columns.push(Column {
            name: Cow::Owned(text("name").to_owned()),
            data_type: Cow::Owned(text("type").to_owned()),
            format: Cow::Owned(text("format").to_owned()),
            priority: priority.unwrap_or_default(),
            description: Cow::Owned(match text("description") {
                "" => format!("Custom resource definition column (in JSONPath format): {}", text("jsonPath")),
                said => said.to_owned(),
            }),
        });
        if let (Some(path), Some(data_type)) = (path, CellType::parse(text("type"))) {
            cells.push(CustomCell::new(path, data_type));
        }
    }
    sound.then_some((columns, cells))
}

pub(super) fn subresources(version: &Value, at: &str, gvk: &Gvk, faults: &mut Faults) -> Vec<Subresource> {
    let mut subresources = Vec::new();
    let mut add = |name: &str, gvk: Gvk, behaviour| {
        subresources.push(Subresource { name: name.to_owned(), gvk, verbs: Verbs::SUBRESOURCE, behaviour });
    };
    if version.pointer("/subresources/status").is_some_and(|status| !status.is_null()) {
        add("status", gvk.clone(), Behaviour::Status);
    }
    if let Some(scale) = version.pointer("/subresources/scale").filter(|scale| !scale.is_null()) {
        let at = format!("{at}.subresources.scale");
        let mut path = |member: &str, root: &[&str]| {
            let text = scale.get(member).and_then(Value::as_str).unwrap_or_default();
            faults.members(&format!("{at}.{member}"), text, root)
        };
        let spec_replicas = path("specReplicasPath", &["spec"]);
        let status_replicas = path("statusReplicasPath", &["status"]);
        let has_selector = scale.get("labelSelectorPath").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let selector = has_selector.then(|| path("labelSelectorPath", &["spec", "status"]));
        let paths = ScalePaths { spec_replicas, status_replicas, selector };
        add("scale", Gvk::new("autoscaling", "v1", "Scale"), Behaviour::Scale(paths));
    }
    subresources
}

/// The most fields of a version that selectors may name besides those of every kind.
const SELECTABLE_MOST: usize = 8;

pub(super) fn selectable_fields(version: &Value, at: &str, faults: &mut Faults) -> Vec<FieldSource> {
    let declared = version.get("selectableFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let schema = version.pointer("/schema/openAPIV3Schema").unwrap_or(&Value::Null);
    let mut fields: Vec<FieldSource> = Vec::new();
    for (index, field) in declared.iter().enumerate() {
        let text = field.get("jsonPath").and_then(Value::as_str).unwrap_or_default();
        let at = format!("{at}.selectableFields[{index}].jsonPath");
        if !text.is_empty() && !text.starts_with(['.', '[']) {
            let word = text.split(['.', '[']).next().unwrap_or_default();
            faults.invalid(&at, text, &format!("is an invalid path: expected [ or . but got: {word}"));
            continue;
        }
        let Some(parsed) = faults.path(&at, text) else { continue };
        let Some(place) = parsed.members().filter(|place| !place.is_empty()) else {
            faults.invalid(&at, text, "is an invalid path: array notation is not allowed");
            continue;
        };
        if place[0] == "metadata" {
            faults.invalid(&at, text, "must not point to fields in metadata");
            continue;
        }
        let found = place.iter().try_fold(schema, |schema, name| {
            let known = schema.get("properties").and_then(|properties| properties.get(name));
            known.or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
        });
        match found.map(|found| found["type"].as_str().unwrap_or_default()) {
            Some("string" | "boolean" | "integer") => {}
            Some(_) => {
                let why =
                    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
                faults.invalid(&at, text, why);
            }
            None => faults.invalid(&at, text, "is an invalid path: does not refer to a valid field"),
        }
        if fields.iter().any(|known| known.places[0] == place) {
            faults.0.push(Cause::new(CauseKind::Duplicate, at, format!("Duplicate value: {}", Value::from(text))));
            continue;
        }
        let path = text.strip_prefix('.').unwrap_or(text).to_owned();
        fields.push(FieldSource { path, places: vec![place], absent: String::new() });
    }
    if fields.len() > SELECTABLE_MOST {
        let why = format!("Too many: {}: must have at most {SELECTABLE_MOST} items", fields.len());
        faults.0.push(Cause::new(CauseKind::TooMany, format!("{at}.selectableFields"), why));
    }
    fields
}
