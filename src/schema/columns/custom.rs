//! The columns that CustomResourceDefinitions declare.

use jiff::Timestamp;
use serde_json::Value;

use super::human_duration;
use crate::object::Object;
use crate::object::json_path::JsonPath;

/// How one declared column is filled.
#[derive(Debug)]
pub(in crate::schema) struct CustomCell {
    path: JsonPath,
    data_type: CellType,
}

/// The types that a declared column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) enum CellType {
    Boolean,
    Date,
    Integer,
    Number,
    String,
}

impl CellType {
    /// The type's names as `additionalPrinterColumns` writes them.
    pub(in crate::schema) const NAMES: [&'static str; 5] = ["boolean", "date", "integer", "number", "string"];

    pub(in crate::schema) fn parse(name: &str) -> Option<Self> {
        let types = [Self::Boolean, Self::Date, Self::Integer, Self::Number, Self::String];
        Self::NAMES.iter().zip(types).find(|(known, _)| **known == name).map(|(_, data_type)| data_type)
    }
}

impl CustomCell {
    pub(in crate::schema) fn new(path: JsonPath, data_type: CellType) -> Self {
        Self { path, data_type }
    }

    /// The cell for an object: null where the path leads nowhere or to a value of another type.
    pub(super) fn of(&self, object: &Object, now: Timestamp) -> Value {
        let Some(value) = self.path.first(object.root()) else { return Value::Null };
        match (self.data_type, value) {
            (CellType::String, Value::Null) => "<nil>".into(),
            (CellType::String, Value::String(_)) => value.clone(),
            (CellType::String, Value::Number(number)) => plain(number).to_string().into(),
            (CellType::String, other) => other.to_string().into(),
            (CellType::Boolean, Value::Bool(_)) => value.clone(),
            (CellType::Number, Value::Number(number)) => plain(number),
            (CellType::Integer, Value::Number(number)) => whole(number),
            (CellType::Date, Value::String(text)) => {
                text.parse().map_or_else(|_| "<invalid>".into(), |then| human_duration(then, now).into())
            }
            _ => Value::Null,
        }
    }
}

/// The number as kube-apiserver writes it: one without a fraction shows none.
fn plain(number: &serde_json::Number) -> Value {
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => whole(number),
        _ => Value::Number(number.clone()),
    }
}

/// The number without its fraction, which is how kube-apiserver fits it into an integer column.
fn whole(number: &serde_json::Number) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is as good a cell as any for such a number")]
    let truncated = |float: f64| float as i64;
    number.as_i64().or_else(|| number.as_f64().map(truncated)).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_shows_no_fraction_that_it_has_not() {
        let object = Object::from_value(json!({"spec": {"n": 2.0, "m": 2.5, "i": 7}})).expect("an object");
        let cell =
            |path: &str, data_type| CustomCell::new(JsonPath::parse(path).expect("a path"), data_type).of(&object, Timestamp::UNIX_EPOCH);
        assert_eq!(cell(".spec.n", CellType::String), "2");
        assert_eq!(cell(".spec.m", CellType::String), "2.5");
        assert_eq!(cell(".spec.i", CellType::String), "7");
        assert_eq!(cell(".spec.n", CellType::Number), 2);
        assert_eq!(cell(".spec.m", CellType::Integer), 2);
    }
}
