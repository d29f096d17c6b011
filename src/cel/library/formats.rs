//! Formats of names and other texts (`format.dns1123Label().validate(text)`).

use super::{Answer, Call, Opaque, Unused, opaque};
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;
use crate::object::names;
use crate::schema::Format;

const NAMED: &[&str] = &["-> format"];

/// The formats that names are prefixes of, too, by their function.
const NAMES: [&str; 12] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
];

macro_rules! named {
    ($name:literal) => {
        (concat!("format.", $name), Global, One, NAMED, |_, _| Ok(opaque(Opaque::Format($name))))
    };
}

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    named!("dns1123Label"),
    named!("dns1123Subdomain"),
    named!("dns1035Label"),
    named!("qualifiedName"),
    named!("dns1123LabelPrefix"),
    named!("dns1123SubdomainPrefix"),
    named!("dns1035LabelPrefix"),
    named!("labelValue"),
    named!("uri"),
    named!("uuid"),
    named!("byte"),
    named!("date"),
    named!("datetime"),
    ("format.named", Global, Once, &["string -> optional(format)"], |call, _| {
        let wanted = call.text(0)?;
        let found = NAMES.into_iter().chain(["datetime"]).find(|name| *name == wanted);
        Ok(found.map_or(Val::Optional(None), |name| opaque(Opaque::Format(name)).some()))
    }),
    ("validate", Member, Once, &["format, string -> optional(list(string))"], validate),
];

fn validate<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let Opaque::Format(name) = call.opaque(0)? else { return call.refuse() };
    let text = call.text(1)?;
    // What comes before the rest of a name may end in what a name may not.
    let prefix = format!("{text}a");
    let verdict = match *name {
        "dns1123Label" => names::dns_label(text),
        "dns1123Subdomain" => names::dns_subdomain(text),
        "dns1035Label" => names::dns_1035_label(text),
        "dns1123LabelPrefix" => names::dns_label(&prefix),
        "dns1123SubdomainPrefix" => names::dns_subdomain(&prefix),
        "dns1035LabelPrefix" => names::dns_1035_label(&prefix),
        "qualifiedName" => names::qualified_name(text),
        "labelValue" => names::label_value(text),
        other => by_format(other, text),
    };
    Ok(match verdict {
        Ok(()) => Val::Optional(None),
        Err(why) => Val::from(vec![Val::from(why)]).some(),
    })
}

fn by_format(name: &str, text: &str) -> Result<(), String> {
    let format = if name == "datetime" { Some(Format::DateTime) } else { Format::parse(name) };
    let fits = format.is_some_and(|format| format.accepts(&serde_json::Value::from(text)));
    if fits { Ok(()) } else { Err(format!("invalid {name}")) }
}
