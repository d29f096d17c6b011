//! From the JSON of an object to its message.
//!
//! Receives bytes of JSON and appends the message while it reads them: no document is built in between. Members of inlined messages
//! stand beside the others in JSON and may come in any order, so each is written as a piece of its message; protobuf defines that a
//! reader puts the pieces of one message together.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::table::{Kind, Member, Message, Shape, schema_message};
use super::wire::{Open, begin, end, end_unless_empty, put_bytes, put_double, put_number};

/// Appends the message that the JSON is of.
///
/// Errors where the bytes are no JSON object; what was appended until then is to be thrown away. A value of a JSON type that its
/// field cannot hold is left out.
pub fn encode(message: &'static Message, json: &[u8], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Root { message, out })?;
    deserializer.end()
}

struct Root<'a> {
    message: &'static Message,
    out: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        fields(self.message, members, self.out)
    }
}

/// The content of a message, from the members of an object.
fn fields<'de, A: MapAccess<'de>>(message: &'static Message, mut members: A, out: &mut Vec<u8>) -> Result<(), A::Error> {
    while let Some(member) = members.next_key_seed(Name(message))? {
        let Some(Member { within, field }) = member else {
            members.next_value::<IgnoredAny>()?;
            continue;
        };
        // Empty, and without an allocation, for nearly every member.
        let open: Vec<_> = within.iter().map(|number| begin(out, *number)).collect();
        members.next_value_seed(Values { number: field.number, kind: field.kind, shape: field.shape, out: &mut *out })?;
        open.into_iter().rev().for_each(|open| end_unless_empty(out, open));
    }
    Ok(())
}

/// A member's name, looked up.
struct Name(&'static Message);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static Member>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name))
    }
}

/// Begins an entry of a map with its key.
struct Key<'a> {
    number: u32,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Open;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Open, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Open;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Open, E> {
        let open = begin(self.out, self.number);
        put_bytes(self.out, 1, key.as_bytes());
        Ok(open)
    }
}

/// Writes the values of one field. JSON of a type that the field cannot hold, and `null`, write nothing.
struct Values<'a> {
    number: u32,
    kind: Kind,
    shape: Shape,
    out: &'a mut Vec<u8>,
}

impl Values<'_> {
    /// The same field for one of its values.
    fn one(&mut self) -> Values<'_> {
        Values { number: self.number, kind: self.kind, shape: Shape::One, out: &mut *self.out }
    }

    /// The kind, where one value is to be written.
    fn scalar(&self) -> Option<Kind> {
        (self.shape == Shape::One).then_some(self.kind)
    }

    fn whole_number(self, value: i64) {
        match self.scalar() {
            Some(Kind::Int32 | Kind::Int64) => put_number(self.out, self.number, value),
            Some(Kind::Double) => put_double(self.out, self.number, value as f64),
            Some(Kind::IntOrString) => self.int_or_string(0, value, ""),
            Some(Kind::Quantity) => self.wrapped(value.to_string().as_bytes()),
            _ => {}
        }
    }

    fn text(self, text: &str) {
        match self.scalar() {
            Some(Kind::String) => put_bytes(self.out, self.number, text.as_bytes()),
            Some(Kind::Bytes) => {
                if let Ok(bytes) = BASE64.decode(text) {
                    put_bytes(self.out, self.number, &bytes);
                }
            }
            Some(Kind::Quantity) => self.wrapped(text.as_bytes()),
            Some(Kind::IntOrString) => self.int_or_string(1, 0, text),
            Some(Kind::Time) => self.time(text, 1_000_000_000),
            Some(Kind::MicroTime) => self.time(text, 1000),
            _ => {}
        }
    }

    /// A message with bytes in its field 1.
    fn wrapped(self, content: &[u8]) {
        let open = begin(self.out, self.number);
        put_bytes(self.out, 1, content);
        end(self.out, open);
    }

    /// All three fields, as upstream writes them: which of the two counts, the number and the text.
    fn int_or_string(self, which: i64, number: i64, text: &str) {
        let open = begin(self.out, self.number);
        put_number(self.out, 1, which);
        put_number(self.out, 2, number);
        put_bytes(self.out, 3, text.as_bytes());
        end(self.out, open);
    }

    /// Seconds and nanoseconds since 1970, cut to the unit that the type keeps.
    fn time(self, text: &str, unit: i32) {
        let Ok(at) = text.parse::<Timestamp>() else { return };
        let (mut seconds, mut nanoseconds) = (at.as_second(), at.subsec_nanosecond());
        // Before 1970 both are negative here, but the fraction counts forward on the wire.
        if nanoseconds < 0 {
            (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
        }
        let open = begin(self.out, self.number);
        put_number(self.out, 1, seconds);
        put_number(self.out, 2, i64::from(nanoseconds - nanoseconds % unit));
        end(self.out, open);
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.scalar() != Some(Kind::Raw) {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw != "null" {
            self.wrapped(raw.as_bytes());
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        match self.scalar() {
            Some(Kind::Bool) => put_number(self.out, self.number, i64::from(value)),
            Some(Kind::SchemaOrBool) => {
                let open = begin(self.out, self.number);
                put_number(self.out, 1, i64::from(value));
                end(self.out, open);
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.whole_number(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.whole_number(value),
            Err(_) if self.scalar() == Some(Kind::Double) => put_double(self.out, self.number, value as f64),
            Err(_) => {}
        }
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        match self.scalar() {
            Some(Kind::Double) => put_double(self.out, self.number, value),
            // Whole numbers may be written as 1.0 or 1e3 in JSON.
            _ if value.fract() == 0.0 && value.abs() < 9e15 => self.whole_number(value as i64),
            _ => {}
        }
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.text(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        match (self.shape, self.kind) {
            (Shape::List, _) => while items.next_element_seed(self.one())?.is_some() {},
            (Shape::One, Kind::StringList) => inner_list(&mut self, items, 1, Kind::String)?,
            (Shape::One, Kind::SchemaOrStrings) => inner_list(&mut self, items, 2, Kind::String)?,
            (Shape::One, Kind::SchemaOrArray) => inner_list(&mut self, items, 2, Kind::Message(schema_message()))?,
            _ => while items.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        match (self.shape, self.kind) {
            (Shape::Map, _) => {
                while let Some(open) = members.next_key_seed(Key { number: self.number, out: &mut *self.out })? {
                    members.next_value_seed(Values { number: 2, ..self.one() })?;
                    end(self.out, open);
                }
            }
            (Shape::One, Kind::Message(id)) => {
                let open = begin(self.out, self.number);
                fields(id.message(), members, self.out)?;
                end(self.out, open);
            }
            (Shape::One, Kind::SchemaOrArray | Kind::SchemaOrStrings) => inner_schema(&mut self, members, 1)?,
            (Shape::One, Kind::SchemaOrBool) => inner_schema(&mut self, members, 2)?,
            _ => while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }
}

/// A message that holds a list in one field.
fn inner_list<'de, A: SeqAccess<'de>>(outer: &mut Values<'_>, mut items: A, number: u32, kind: Kind) -> Result<(), A::Error> {
    let open = begin(outer.out, outer.number);
    while items.next_element_seed(Values { number, kind, shape: Shape::One, out: &mut *outer.out })?.is_some() {}
    end(outer.out, open);
    Ok(())
}

/// A message that holds a schema in one field. Where it could hold a truth value instead, a schema counts as allowing.
fn inner_schema<'de, A: MapAccess<'de>>(outer: &mut Values<'_>, members: A, number: u32) -> Result<(), A::Error> {
    let open = begin(outer.out, outer.number);
    if outer.kind == Kind::SchemaOrBool {
        put_number(outer.out, 1, 1);
    }
    let inner = begin(outer.out, number);
    fields(schema_message().message(), members, outer.out)?;
    end(outer.out, inner);
    end(outer.out, open);
    Ok(())
}
