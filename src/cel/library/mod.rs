//! The functions themselves, a file for each library; every file has a table of what it defines.

mod authorization;
mod convert;
pub(super) mod duration;
mod formats;
mod image;
mod json_patch;
mod lists;
mod network;
mod operators;
mod optional;
mod quantity;
mod semver;
mod text;

use std::net::IpAddr;

pub(super) use authorization::ResourceCheck;
pub(super) use convert::is_literal;
pub(super) use text::clauses_fault;

use super::evaluate::no_overload;
use super::functions::{Call, Line};
use super::value::Val;
use super::{Budget, Fault};

/// All tables.
pub(super) const TABLES: [&[Line]; 13] = [
    authorization::TABLE,
    convert::TABLE,
    duration::TABLE,
    formats::TABLE,
    image::TABLE,
    json_patch::TABLE,
    lists::TABLE,
    network::TABLE,
    operators::TABLE,
    optional::TABLE,
    quantity::TABLE,
    semver::TABLE,
    text::TABLE,
];

/// A value of a type that Kubernetes adds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Opaque {
    /// A quantity in billionths.
    Quantity(i128),
    /// A reference to an image.
    Image(image::Image),
    /// A URL in its parts.
    Url(network::Url),
    /// An IP address.
    Ip(IpAddr),
    /// An address with the length of its prefix.
    Cidr(IpAddr, u8),
    /// A semantic version.
    Semver(semver::Semver),
    /// A format of names, by its function.
    Format(&'static str),
    /// A question to the authorizer on its way, or its answer.
    Access(authorization::Access),
}

impl Opaque {
    /// The name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Image(_) => "kubernetes.Image",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(..) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Access(access) => access.type_name(),
        }
    }

    /// How much text there is to read, in bytes.
    pub(super) fn text_size(&self) -> usize {
        match self {
            Self::Image(image) => image.text_size(),
            Self::Url(url) => url.text_size(),
            Self::Semver(version) => version.text_size(),
            _ => 0,
        }
    }
}

type Answer<'a> = Result<Val<'a>, Fault>;

impl<'c, 'a> Call<'c, 'a> {
    /// The refusal of arguments that the function is not for.
    fn refuse<T>(&self) -> Result<T, Fault> {
        Err(no_overload(self.name, self.arguments))
    }

    fn text(&self, index: usize) -> Result<&'c str, Fault> {
        match self.arguments.get(index) {
            Some(Val::Text(text)) => Ok(text),
            _ => self.refuse(),
        }
    }

    fn int(&self, index: usize) -> Result<i64, Fault> {
        match self.arguments.get(index) {
            Some(Val::Int(number)) => Ok(*number),
            _ => self.refuse(),
        }
    }

    fn list(&self, index: usize) -> Result<&'c Val<'a>, Fault> {
        self.arguments.get(index).filter(|value| value.is_list()).map_or_else(|| self.refuse(), Ok)
    }

    fn opaque(&self, index: usize) -> Result<&'c Opaque, Fault> {
        match self.arguments.get(index) {
            Some(Val::Opaque(opaque)) => Ok(opaque),
            _ => self.refuse(),
        }
    }
}

/// A value of a type of Kubernetes' own.
fn opaque<'a>(value: Opaque) -> Val<'a> {
    Val::Opaque(value.into())
}

/// Makes a whole number of a size.
fn int<'a>(size: usize) -> Val<'a> {
    Val::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

fn order<'a>(order: std::cmp::Ordering) -> Val<'a> {
    Val::Int(order as i64)
}

/// What a function of the budget's kind that needs none is given.
type Unused<'b> = &'b mut Budget;
