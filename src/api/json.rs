//! Reads JSON into a value and notices members that stand twice in one object, which plain parsing would silently drop.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A document and what to say of its duplicate members, such as `duplicate field "metadata.labels.a"`, in the order of the document.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) value: Value,
    pub(super) duplicates: Vec<String>,
}

/// Parses one JSON document. Of duplicate members the last counts.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, serde_json::Error> {
    let mut duplicates = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { path: &Place::Root, duplicates: &mut duplicates }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Parsed { value, duplicates })
}

/// Where the parser is. Lives on the stack, so that a path costs nothing until it is printed.
enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Seed<'a> {
    path: &'a Place<'a>,
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Seed { path: &Place::Item(self.path, list.len()), duplicates: &mut *self.duplicates })?
        {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = Place::Member(self.path, &name);
            let value = members.next_value_seed(Seed { path: &path, duplicates: &mut *self.duplicates })?;
            if map.contains_key(&name) {
                if self.duplicates.len() >= MOST_DUPLICATES {
                    return Err(A::Error::custom("too many duplicate members"));
                }
                self.duplicates.push(format!("duplicate field {:?}", path.to_string()));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// Enough to name every honest mistake, and a bound for a body made of nothing else.
const MOST_DUPLICATES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn duplicates_are_named_and_the_last_counts() {
        let parsed = parse(br#"{"a":1,"b":[{"c":1,"c":2}],"a":3,"m":{"x":{"y":0,"y":0}}}"#).expect("valid");
        assert_eq!(parsed.value, json!({"a": 3, "b": [{"c": 2}], "m": {"x": {"y": 0}}}));
        assert_eq!(parsed.duplicates, ["b[0].c", "a", "m.x.y"].map(|path| format!("duplicate field {path:?}")));
    }

    #[test]
    fn it_reads_what_plain_parsing_reads() {
        let text = br#"[null,true,-1,18446744073709551615,1.5,"\u00e9",[],{}]"#;
        assert_eq!(parse(text).expect("valid").value, serde_json::from_slice::<Value>(text).expect("valid"));
        for bad in [&b"{"[..], b"[1,]", b"1 2", b"\"\xff\"", b""] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
