//! Reads a half-typed command line: where the cursor stands, and which target is named before it.
//!
//! Receives clap's tree of commands and the words typed, hands on a [`HalfTyped`]. Pure. What does not parse has no candidates.

use clap::{Arg, Command, Parser};

use crate::cli::GlobalArgs;

/// What the word at the cursor is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A namespace.
    Namespace,
    /// A context of the kubeconfig.
    Context,
    /// A set, as `--applyset` names it.
    Set,
    /// A kind.
    Kind,
    /// `TYPE`, `TYPE/NAME`, or `NAME` after a type; with the arguments before it.
    Resource(Vec<String>),
    /// `TYPE/NAME` only.
    Object,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A half-typed command line.
#[derive(Debug, Clone)]
pub(super) struct HalfTyped {
    /// The target, from the flags before the cursor.
    pub(super) global: GlobalArgs,
    /// What is wanted.
    pub(super) wanted: Wanted,
    /// What of the last word stands before the value, such as `--namespace=`.
    pub(super) prefix: String,
    /// What of the value is typed.
    pub(super) typed: String,
}

/// What people ask about most with `auth can-i`.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Global flags alone.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Target {
    #[command(flatten)]
    global: GlobalArgs,
}

/// What was read of the words before the cursor.
struct Reader<'a> {
    command: &'a Command,
    positionals: Vec<String>,
    /// Global flags with their values, each as one word.
    given: Vec<String>,
    /// The namespace in which `--applyset-namespace` says the set's parent is.
    of_set: Option<String>,
    /// A flag whose value comes next.
    pending: Option<&'a Arg>,
    /// Whether `--` was read.
    no_flags: bool,
}

/// Reads words, the program's name left out, the word at the cursor last. `root` is built.
pub(super) fn parse(root: &Command, words: &[String]) -> Option<HalfTyped> {
    let (last, before) = words.split_last()?;
    let mut reader = Reader { command: root, positionals: Vec::new(), given: Vec::new(), of_set: None, pending: None, no_flags: false };
    before.iter().for_each(|word| reader.read(word));
    let (argument, prefix) = reader.at_cursor(last)?;
    let wanted = reader.wanted(argument)?;
    let mut global = Target::try_parse_from(&reader.given).ok()?.global;
    if let (Wanted::Set, Some(namespace)) = (&wanted, reader.of_set) {
        global.namespace = Some(namespace);
    }
    Some(HalfTyped { global, wanted, prefix: prefix.to_owned(), typed: last[prefix.len()..].to_owned() })
}

impl<'a> Reader<'a> {
    fn read(&mut self, word: &str) {
        if let Some(flag) = self.pending.take() {
            self.note(flag, word);
        } else if self.no_flags {
            self.positionals.push(word.to_owned());
        } else if word == "--" {
            self.no_flags = true;
        } else if let Some((flag, value)) = self.flag(word) {
            match value {
                Some((_, value)) => self.note(flag, value),
                None if takes_value(flag) && !flag.is_require_equals_set() => self.pending = Some(flag),
                None => {}
            }
        } else if word.len() > 1 && word.starts_with('-') {
            // A flag that nobody knows: what it takes is not known either.
        } else if let Some(below) = self.command.find_subcommand(word).filter(|_| self.positionals.is_empty()) {
            self.command = below;
        } else {
            self.positionals.push(word.to_owned());
        }
    }

    fn note(&mut self, flag: &Arg, value: &str) {
        if let Some(name) = flag.get_long().filter(|_| flag.is_global_set()) {
            self.given.push(format!("--{name}={value}"));
        }
        if flag.get_id().as_str() == "applyset_namespace" && !value.is_empty() {
            self.of_set = Some(value.to_owned());
        }
    }

    /// The flag that a word is about and, where it stands in the same word, its value with what stands before it. Of short flags in
    /// one word, the first that takes a value.
    fn flag<'w>(&self, word: &'w str) -> Option<(&'a Arg, Option<(&'w str, &'w str)>)> {
        if let Some(long) = word.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or_default();
            let flag = self.command.get_arguments().find(|flag| flag.get_long() == Some(name))?;
            let value = word.find('=').map(|equals| word.split_at(equals + 1));
            return Some((flag, value));
        }
        let shorts = word.strip_prefix('-').filter(|shorts| !shorts.is_empty())?;
        let known = |letter: char| self.command.get_arguments().find(|flag| flag.get_short() == Some(letter));
        let found = shorts.char_indices().map(|(at, letter)| Some((at + 1 + letter.len_utf8(), known(letter)?)));
        let flags: Vec<(usize, &Arg)> = found.collect::<Option<_>>().or_else(|| {
            // What follows the first flag may be its value.
            let first = shorts.chars().next()?;
            Some(vec![(1 + first.len_utf8(), known(first)?)])
        })?;
        let (end, flag) = *flags.iter().find(|(_, flag)| takes_value(flag)).or(flags.last())?;
        let end = if word[end..].starts_with('=') { end + 1 } else { end };
        let value = (takes_value(flag) && end < word.len()).then(|| word.split_at(end));
        Some((flag, value))
    }

    /// The argument that the word at the cursor belongs to, and what of the word stands before the value.
    fn at_cursor<'w>(&self, word: &'w str) -> Option<(&'a Arg, &'w str)> {
        if let Some(flag) = self.pending {
            return Some((flag, ""));
        }
        if !self.no_flags && word.starts_with('-') {
            let (flag, value) = self.flag(word)?;
            return value.map(|(prefix, _)| (flag, prefix));
        }
        let several = || self.command.get_positionals().find(|argument| takes_several(argument));
        let found = self.command.get_positionals().nth(self.positionals.len()).or_else(several)?;
        Some((found, ""))
    }

    fn wanted(&self, argument: &Arg) -> Option<Wanted> {
        let value_name = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
        let of_context = argument.is_positional() && matches!(self.command.get_name(), "get-contexts" | "use-context" | "set-context");
        Some(match (argument.get_id().as_str(), value_name) {
            ("namespace" | "applyset_namespace", _) => Wanted::Namespace,
            ("context", _) => Wanted::Context,
            _ if of_context => Wanted::Context,
            ("applyset", _) | (_, "SET") => Wanted::Set,
            (_, "RESOURCE") => Wanted::Resource(self.positionals.clone()),
            (_, "TYPE/NAME") => Wanted::Object,
            (_, "TYPE[.FIELD...]") => Wanted::Kind,
            (_, "VERB TYPE[/NAME]") if self.positionals.is_empty() => Wanted::Word(VERBS),
            (_, "VERB TYPE[/NAME]") => Wanted::Resource(self.positionals[1..].to_vec()),
            _ => return None,
        })
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn takes_several(argument: &Arg) -> bool {
    matches!(argument.get_action(), clap::ArgAction::Append) || argument.get_num_args().is_some_and(|range| range.max_values() > 1)
}

/// Parts a line into words as a shell does, as far as quotes and backslashes go; nothing is expanded. The last word is the one at the
/// line's end, which may be empty.
pub(super) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut quote, mut begun) = (None, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => (quote, begun) = (Some(letter), true),
            (None | Some('"'), '\\') => word.extend(letters.next()),
            (None, ' ' | '\t' | '\n') => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// Puts the home folder where a shell would, once the line is run.
pub(super) fn expand_home(words: &mut [String], home: &str) {
    for word in words {
        if let Some(below) = word.strip_prefix("~/") {
            *word = format!("{home}/{below}");
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn half_typed(line: &str) -> Option<HalfTyped> {
        let mut root = Cli::command();
        root.build();
        parse(&root, &split(line)[1..])
    }

    fn wanted(line: &str) -> Option<(Wanted, String, String)> {
        half_typed(line).map(|line| (line.wanted, line.prefix, line.typed))
    }

    fn resource(before: &[&str]) -> Wanted {
        Wanted::Resource(before.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn what_is_wanted_is_known_by_the_command_and_the_place() {
        let cases = [
            ("trueup get ", resource(&[]), "", ""),
            ("trueup get -A dep", resource(&[]), "", "dep"),
            ("trueup get deploy w", resource(&["deploy"]), "", "w"),
            ("trueup get deploy web ", resource(&["deploy", "web"]), "", ""),
            ("trueup get deploy/", resource(&[]), "", "deploy/"),
            ("trueup get -o yaml -l app=web deploy ", resource(&["deploy"]), "", ""),
            ("trueup get -oyaml pods ", resource(&["pods"]), "", ""),
            ("trueup --local store -q describe cm ", resource(&["cm"]), "", ""),
            ("trueup delete --wait cm -- ", resource(&["cm"]), "", ""),
            ("trueup dump ", resource(&[]), "", ""),
            ("trueup wait --for=ready ", resource(&[]), "", ""),
            ("trueup watch p", resource(&[]), "", "p"),
            ("trueup tree ", resource(&[]), "", ""),
            ("trueup get -n ", Wanted::Namespace, "", ""),
            ("trueup -n sh", Wanted::Namespace, "", "sh"),
            ("trueup get -Ansh", Wanted::Namespace, "-An", "sh"),
            ("trueup get --namespace=sh", Wanted::Namespace, "--namespace=", "sh"),
            ("trueup apply --applyset sh", Wanted::Set, "", "sh"),
            ("trueup apply --applyset-namespace ", Wanted::Namespace, "", ""),
            ("trueup drift --applyset ", Wanted::Set, "", ""),
            ("trueup dump -n shop --applyset=sh", Wanted::Set, "--applyset=", "sh"),
            ("trueup tree --applyset-namespace=shop --applyset ", Wanted::Set, "", ""),
            ("trueup delete --applyset ", Wanted::Set, "", ""),
            ("trueup sets hand-over ", Wanted::Set, "", ""),
            ("trueup --context=st", Wanted::Context, "--context=", "st"),
            ("trueup config use-context ", Wanted::Context, "", ""),
            ("trueup config use ", Wanted::Context, "", ""),
            ("trueup config set-context ", Wanted::Context, "", ""),
            ("trueup config get-contexts ", Wanted::Context, "", ""),
            ("trueup explain po", Wanted::Kind, "", "po"),
            ("trueup events --for ", Wanted::Object, "", ""),
            ("trueup auth can-i ", Wanted::Word(VERBS), "", ""),
            ("trueup auth can-i get ", resource(&[]), "", ""),
        ];
        for (line, expected, prefix, typed) in cases {
            assert_eq!(wanted(line), Some((expected, prefix.to_owned(), typed.to_owned())), "{line}");
        }
    }

    #[test]
    fn flags_commands_and_files_are_left_to_the_script() {
        for line in [
            "trueup",
            "trueup ",
            "trueup ge",
            "trueup get --name",
            "trueup get -",
            "trueup apply -f ",
            "trueup apply ",
            "trueup get --no-such=x",
            "trueup completions ",
            "trueup get -n a -n b ",
        ] {
            assert_eq!(wanted(line), None, "{line}");
        }
    }

    #[test]
    fn the_target_is_that_of_the_flags_before() {
        let global = half_typed("trueup --local 'my store' get -n shop --quiet ").expect("a resource").global;
        assert_eq!((global.local, global.namespace.as_deref()), (Some("my store".into()), Some("shop")));
        let global = half_typed("trueup get --context=staging -s http://a pods ").expect("a resource").global;
        assert_eq!((global.context.as_deref(), global.server.as_deref()), (Some("staging"), Some("http://a")));
        let namespace = |line: &str| half_typed(line).and_then(|line| line.global.namespace);
        assert_eq!(namespace("trueup drift -n a --applyset-namespace b --applyset ").as_deref(), Some("b"));
        assert_eq!(namespace("trueup drift -n a --applyset-namespace b -o json --context ").as_deref(), Some("a"));
        let global = half_typed("trueup -nshop get --etcd=http://a,http://b ").expect("a resource").global;
        assert_eq!((global.namespace.as_deref(), global.etcd.len()), (Some("shop"), 2));
    }

    #[test]
    fn a_line_is_parted_as_a_shell_does_and_nothing_is_expanded() {
        assert_eq!(split(r#"trueup "a b" c\ d 'e"f' "" "$(x)" g"#), ["trueup", "a b", "c d", "e\"f", "", "$(x)", "g"]);
        assert_eq!(split("trueup get  "), ["trueup", "get", ""]);
        assert_eq!(split("trueup 'a b"), ["trueup", "a b"]);
        let mut words = split("trueup ~/a ~b c~/d");
        expand_home(&mut words, "/home/me");
        assert_eq!(words, ["trueup", "/home/me/a", "~b", "c~/d"]);
    }
}
