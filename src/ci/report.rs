//! What a command has to tell a pipeline, as plain data.

use super::Root;
use crate::manifest::Origin;
use crate::plan::render::{DiffOptions, Tense, paths, unified_entry};
use crate::plan::{Action, OwnersShown, PlanEntry, Summary, in_namespace};

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Worth a look before going on.
    Warning,
    /// Something failed, or would.
    Error,
}

/// What kind of thing a problem is; stable from run to run, so that platforms recognise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// Its name, in lower case with hyphens.
    pub id: &'static str,
    /// What it is about, in a sentence without a full stop.
    pub description: &'static str,
}

/// A place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The manifest's name as the user gave it: a path, a URL, or `standard input`; or what it is, such as a revision.
    pub name: String,
    /// Whether the name may be that of a file.
    pub may_be_file: bool,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        let source = &origin.source;
        Self { may_be_file: !source.is_made(), line: origin.mark.line, column: origin.mark.column, ..Self::whole(source.name()) }
    }
}

impl Place {
    /// The beginning of what the user names.
    #[must_use]
    pub fn whole(name: &str) -> Self {
        Self { name: name.to_owned(), may_be_file: true, line: 1, column: 1 }
    }
}

/// Something that is wrong, at an object or with the run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How much it matters.
    pub level: Level,
    /// What kind of thing it is.
    pub rule: Rule,
    /// The object as kubectl writes it, such as `deployment.apps/web`; `None` where it is about none.
    pub object: Option<String>,
    /// The object's namespace.
    pub namespace: Option<String>,
    /// What in the object it is about, such as a field; tells problems of one rule at one object apart. May be empty.
    pub subject: String,
    /// What is wrong, without the object and without the place.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it is written.
    pub place: Option<Place>,
}

impl Problem {
    /// An error that is about no object and written nowhere; the fields are public to say more.
    #[must_use]
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            rule,
            object: None,
            namespace: None,
            subject: String::new(),
            message: message.into(),
            hint: None,
            place: None,
        }
    }

    /// The object with its namespace, or the rule where there is no object.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.object {
            Some(object) => format!("{object}{}", in_namespace(self.namespace.as_deref())),
            None => self.rule.id.to_owned(),
        }
    }
}

/// One object of the set and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The object as kubectl writes it, such as `deployment.apps/web`.
    pub object: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// What happens, or has happened, to it.
    pub action: Action,
    /// Why this action and not a lesser one, where that is not plain.
    pub reason: Option<String>,
    /// Where it is written.
    pub place: Option<Place>,
    /// The unified difference of its YAML, masked; empty where nothing differs.
    pub diff: String,
    /// The difference field by field, masked.
    pub fields: String,
}

impl Item {
    /// An object without a difference to show.
    #[must_use]
    pub fn plain(object: String, namespace: Option<String>, action: Action, place: Option<Place>) -> Self {
        Self { object, namespace, action, reason: None, place, diff: String::new(), fields: String::new() }
    }

    /// A plan's entry. Values of Secrets are masked whatever the user asked for: reports are kept, and read by many.
    #[must_use]
    pub fn of(entry: &PlanEntry, owners: OwnersShown<'_>) -> Self {
        let place = entry.origin.as_ref().map(Place::from);
        let plain = Self::plain(entry.display_name(), entry.key.namespace.clone(), entry.action, place);
        if !entry.action.is_change() {
            return plain;
        }
        let diff = unified_entry(entry, DiffOptions::default());
        Self { reason: entry.reason.clone(), diff, fields: paths(&entry.changes(true, owners), false), ..plain }
    }

    /// The object with its namespace.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}{}", self.object, in_namespace(self.namespace.as_deref()))
    }
}

/// What a command has to tell a pipeline.
#[derive(Debug, Clone)]
pub struct Report {
    /// What tells this report from others of the same pipeline.
    pub name: String,
    /// The command, such as `diff`.
    pub command: &'static str,
    /// The target in words, as far as it was known.
    pub target: Option<String>,
    /// Whether the items are planned or done.
    pub tense: Tense,
    /// The objects.
    pub items: Vec<Item>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What else was told.
    pub warnings: Vec<String>,
    /// The least that a difference counts as.
    pub differences: Level,
    /// Where the repository is.
    pub root: Root,
}

impl Report {
    /// How many objects each action touches.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self.items.iter().map(|item| item.action))
    }

    /// What differs, in the order of the plan.
    pub fn changed(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.action.is_change())
    }

    /// How many objects failed, with what failed for no object; several problems of one object count once.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.grouped().into_iter().filter(|group| group.iter().any(|problem| problem.level == Level::Error)).count()
    }

    /// The file of the repository that a place is in.
    #[must_use]
    pub fn file(&self, place: &Place) -> Option<String> {
        if place.may_be_file { self.root.file(&place.name) } else { None }
    }

    /// Whether anything is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == Level::Error)
    }

    /// The problems of each object together, in the order of the first; what is about no object stands alone.
    #[must_use]
    pub fn grouped(&self) -> Vec<Vec<&Problem>> {
        let mut groups: Vec<Vec<&Problem>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for problem in &self.problems {
            let Some(object) = &problem.object else {
                groups.push(vec![problem]);
                continue;
            };
            let index = *known.entry((object, &problem.namespace)).or_insert(groups.len());
            match groups.get_mut(index) {
                Some(group) => group.push(problem),
                None => groups.push(vec![problem]),
            }
        }
        groups
    }

    /// What a difference counts as: what goes, or is made anew, is a warning at least.
    #[must_use]
    pub fn level_of(&self, action: Action) -> Level {
        let own = if matches!(action, Action::Replace | Action::Delete) { Level::Warning } else { Level::Notice };
        own.max(self.differences)
    }

    /// The word for what happens, or has happened.
    #[must_use]
    pub fn word(&self, action: Action) -> &'static str {
        if self.tense == Tense::Past { action.past() } else { action.word() }
    }
}
