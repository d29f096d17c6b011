//! What a watcher selects: as the parameters of its requests, and as a rule that says which versions of objects are meant.

use super::model::Version;
use super::plane::{Kind, NAMESPACES};

pub(super) const COLORS: [Option<&str>; 5] = [None, Some("blue"), Some("green"), Some("red"), Some("teal")];

/// How many shards there are; each write puts its object into one.
pub(super) const SHARDS: usize = 24;

/// What a watcher wants.
#[derive(Debug, Clone)]
pub(super) struct Interest {
    pub(super) kind: Kind,
    pub(super) namespace: Option<&'static str>,
    pub(super) labels: Labels,
    pub(super) fields: Fields,
    pub(super) form: Form,
}

#[derive(Debug, Clone)]
pub(super) enum Labels {
    Any,
    Shard(usize),
    ShardsNotRed(usize, usize),
    Colored(usize),
    Colorless(usize),
    SizeOver(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Fields {
    Any,
    Name(String),
    NotName(String),
    /// The custom kind's selectable field.
    Color(&'static str),
    /// A Secret's.
    Type(&'static str),
}

/// The form in which events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Object,
    Metadata,
    Table,
    Protobuf,
}

impl Form {
    /// The header for watches; lists are never asked for in protobuf.
    pub(super) fn accept(self, is_list: bool) -> &'static str {
        match self {
            Self::Protobuf if !is_list => "application/vnd.kubernetes.protobuf",
            Self::Object | Self::Protobuf => "application/json",
            Self::Metadata if is_list => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            Self::Metadata => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            Self::Table => "application/json;as=Table;g=meta.k8s.io;v=v1",
        }
    }
}

impl Interest {
    /// Everything of a kind.
    pub(super) fn all(kind: Kind) -> Self {
        Self { kind, namespace: None, labels: Labels::Any, fields: Fields::Any, form: Form::Object }
    }

    /// One of many, no two of which follow each other alike.
    pub(super) fn number(number: usize, names: usize) -> Self {
        let kind = Kind::ALL[number % 3];
        let turn = number / 3;
        let shard = turn % SHARDS;
        let mut interest = Self::all(kind);
        interest.namespace = (turn % 3 == 1).then(|| NAMESPACES[turn / 3 % 4]);
        match turn % 11 {
            // Whole kinds and namespaces are few, for their sheer volume.
            0 if turn.is_multiple_of(4) => {}
            0..=2 => interest.labels = Labels::Shard(shard),
            3 => interest.labels = Labels::ShardsNotRed(shard, (shard + 7) % SHARDS),
            4 => interest.labels = Labels::Colored(shard),
            5 => interest.labels = Labels::Colorless(shard),
            6 => interest.labels = Labels::SizeOver(95),
            7 => {
                interest.namespace = Some(NAMESPACES[turn % 4]);
                interest.fields = Fields::Name(name(turn % names));
            }
            8 => interest.fields = Fields::Name(name(turn % names)),
            9 => {
                interest.labels = Labels::Shard(shard);
                interest.fields = Fields::NotName(name(turn % names));
            }
            _ => {
                interest.labels = Labels::Shard(shard);
                interest.fields = match kind {
                    Kind::Gear => Fields::Color(["red", "none"][turn % 2]),
                    Kind::Secret => Fields::Type(["example.com/even", "example.com/odd"][turn % 2]),
                    Kind::ConfigMap => Fields::Any,
                };
            }
        }
        interest.form = match (turn % 5, kind) {
            (1, _) => Form::Metadata,
            (2, _) => Form::Table,
            (3, Kind::ConfigMap | Kind::Secret) => Form::Protobuf,
            _ => Form::Object,
        };
        interest
    }

    /// Path and parameters.
    pub(super) fn path(&self) -> String {
        let labels = match &self.labels {
            Labels::Any => String::new(),
            Labels::Shard(shard) => format!("shard={shard}"),
            Labels::ShardsNotRed(one, other) => format!("shard in ({one},{other}),color!=red"),
            Labels::Colored(shard) => format!("color,shard=={shard}"),
            Labels::Colorless(shard) => format!("!color,shard notin (x,y),shard={shard}"),
            Labels::SizeOver(size) => format!("size>{size}"),
        };
        let fields = match &self.fields {
            Fields::Any => String::new(),
            Fields::Name(name) => format!("metadata.name={name}"),
            Fields::NotName(name) => format!("metadata.name!={name}"),
            Fields::Color(color) => format!("spec.color={color}"),
            Fields::Type(name) => format!("type={name}"),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("labelSelector", &labels).append_pair("fieldSelector", &fields);
        format!("{}?{}", self.kind.path(self.namespace), query.finish())
    }

    /// Whether a version of an object is meant.
    pub(super) fn holds(&self, version: &Version) -> bool {
        let label = |name: &str| version.labels.get(name).map(String::as_str);
        let is_in = |shard: usize| label("shard") == Some(shard.to_string().as_str());
        let labels = match self.labels {
            Labels::Any => true,
            Labels::Shard(shard) => is_in(shard),
            Labels::ShardsNotRed(one, other) => (is_in(one) || is_in(other)) && label("color") != Some("red"),
            Labels::Colored(shard) => label("color").is_some() && is_in(shard),
            Labels::Colorless(shard) => label("color").is_none() && is_in(shard),
            Labels::SizeOver(size) => label("size").is_some_and(|found| found.parse::<usize>().unwrap() > size),
        };
        let fields = match &self.fields {
            Fields::Any => true,
            Fields::Name(name) => version.key.1 == *name,
            Fields::NotName(name) => version.key.1 != *name,
            Fields::Color(color) => label("color").unwrap_or("none") == *color,
            Fields::Type(name) => secret_type(&version.key.1) == *name,
        };
        self.namespace.is_none_or(|namespace| version.key.0 == namespace) && labels && fields
    }
}

pub(super) fn name(number: usize) -> String {
    format!("o{number}")
}

/// The type of a Secret, which never changes and so goes by its name.
pub(super) fn secret_type(name: &str) -> &'static str {
    if name.ends_with(['0', '2', '4', '6', '8']) { "example.com/even" } else { "example.com/odd" }
}
