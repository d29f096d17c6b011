//! Kubeconfig files as documents: read, merged for a view, changed in place.
//!
//! Receives paths, hands on JSON. The rules of merging are kubectl's: the first file that says something wins
//! (<https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>). Invariant: what a change does not name stays as it
//! was, fields that nobody here knows included; a file is replaced as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::shown_url::shown_url;
use crate::{private_file, yaml};

/// Why a kubeconfig could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigFileError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} is not a kubeconfig: {problem}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody else is changing the file.
    #[error("{} exists: another program is changing the kubeconfig; remove the file if none is", .0.display())]
    Locked(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

type Document = Map<String, Value>;

/// Where an entry of `users` has what its provider is configured with.
const AUTH_SETTINGS: &str = "/user/auth-provider/config";

/// The kubeconfig files of a user, in order of precedence.
#[derive(Debug)]
pub(crate) struct Kubeconfigs {
    files: Vec<(PathBuf, Document)>,
    /// Where goes what no file says yet.
    default: PathBuf,
}

impl Kubeconfigs {
    /// Reads the files; those that do not exist are passed over. `paths` is not empty.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, KubeconfigFileError> {
        let mut files = Vec::new();
        for path in paths {
            match fs::read_to_string(path) {
                Ok(text) => files.push((path.clone(), parse(path, &text)?)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(KubeconfigFileError::Read { path: path.clone(), source }),
            }
        }
        let default = files.first().map(|(path, _)| path).or(paths.last()).cloned().unwrap_or_default();
        Ok(Self { files, default })
    }

    /// All files as one document, in the order in which kubectl prints its members.
    pub(crate) fn merged(&self) -> Document {
        let mut whole = Document::new();
        for (_, file) in &self.files {
            for (member, value) in file {
                match (whole.get_mut(member), value) {
                    (Some(Value::Array(known)), Value::Array(more)) => {
                        let new = more.iter().filter(|entry| !known.iter().any(|k| k.get("name") == entry.get("name"))).cloned();
                        known.extend(new.collect::<Vec<_>>());
                    }
                    (Some(known), _) if !is_empty(known) => {}
                    _ => drop(whole.insert(member.clone(), value.clone())),
                }
            }
        }
        whole
    }

    /// The name of the current context; empty where there is none.
    pub(crate) fn current_context(&self) -> String {
        self.merged().get("current-context").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Makes a context the current one.
    pub(crate) fn use_context(&mut self, name: &str) -> Result<(), KubeconfigFileError> {
        let index = self.file_with(|file| file.get("current-context").is_some_and(|current| !is_empty(current)));
        self.change(index, |file| drop(file.insert("current-context".to_owned(), name.into())))
    }

    /// Sets members of a context, which is made where there is none; answers whether it was.
    pub(crate) fn set_context(&mut self, name: &str, members: &[(&str, &str)]) -> Result<bool, KubeconfigFileError> {
        let has = |file: &Document| entry(file, "contexts", name).is_some();
        let index = self.file_with(has);
        let is_new = index.is_none_or(|index| !has(&self.files[index].1));
        self.change(index, |file| {
            let list = file.entry("contexts").or_insert_with(|| json!([]));
            if !list.is_array() {
                *list = json!([]);
            }
            let Some(list) = list.as_array_mut() else { return };
            if is_new {
                list.push(json!({"name": name, "context": {}}));
            }
            let Some(context) = list.iter_mut().find(|context| context["name"] == name) else { return };
            if !context["context"].is_object() {
                context["context"] = json!({});
            }
            for (member, value) in members {
                context["context"][*member] = (*value).into();
            }
        })?;
        Ok(is_new)
    }

    /// A member of what a user's `auth-provider` is configured with; empty where it is not there.
    pub(crate) fn auth_setting(&self, user: &str, member: &str) -> String {
        let settings = self.files.iter().find_map(|(_, file)| entry(file, "users", user)).and_then(|user| user.pointer(AUTH_SETTINGS));
        settings.and_then(|settings| settings.get(member)?.as_str()).unwrap_or_default().to_owned()
    }

    /// Sets members of what a user's `auth-provider` is configured with, in the file that has the user; nothing where it has no provider by now.
    pub(crate) fn set_auth_settings(&mut self, user: &str, members: &[(&str, &str)]) -> Result<(), KubeconfigFileError> {
        let Some(index) = self.files.iter().position(|(_, file)| entry(file, "users", user).is_some()) else { return Ok(()) };
        self.change(Some(index), |file| {
            let users = file.get_mut("users").and_then(Value::as_array_mut).into_iter().flatten();
            let settings = users.filter(|entry| entry["name"] == user).find_map(|user| user.pointer_mut(AUTH_SETTINGS)?.as_object_mut());
            let Some(settings) = settings else { return };
            settings.extend(members.iter().map(|(member, value)| ((*member).to_owned(), (*value).into())));
        })
    }

    fn file_with(&self, holds: impl Fn(&Document) -> bool) -> Option<usize> {
        self.files.iter().position(|(_, file)| holds(file)).or(if self.files.is_empty() { None } else { Some(0) })
    }

    fn change(&mut self, index: Option<usize>, change: impl FnOnce(&mut Document)) -> Result<(), KubeconfigFileError> {
        let index = index.unwrap_or_else(|| {
            let empty = json!({"apiVersion": "v1", "kind": "Config"});
            self.files.push((self.default.clone(), empty.as_object().cloned().unwrap_or_default()));
            self.files.len() - 1
        });
        let (path, file) = &mut self.files[index];
        replace(path, |text| {
            // What another tool wrote since the file was read stays.
            if let Some(text) = text {
                *file = parse(path, &text)?;
            }
            change(file);
            Ok(yaml::emit(&Value::Object(file.clone())))
        })
    }
}

/// An entry of one of the lists, such as a context.
pub(crate) fn entry<'a>(document: &'a Document, list: &str, name: &str) -> Option<&'a Value> {
    document.get(list)?.as_array()?.iter().find(|entry| entry["name"] == name)
}

/// The document with nothing in it that lets anybody in.
pub(crate) fn redacted(mut document: Document) -> Document {
    const DATA: [&str; 3] = ["certificate-authority-data", "client-certificate-data", "client-key-data"];
    for (list, member) in [("clusters", "cluster"), ("users", "user")] {
        let entries = document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for entry in entries.filter_map(|entry| entry.get_mut(member)?.as_object_mut()) {
            for (name, value) in entry.iter_mut() {
                match name.as_str() {
                    name if DATA.contains(&name) => *value = "DATA+OMITTED".into(),
                    "token" | "password" => *value = "REDACTED".into(),
                    "server" | "proxy-url" => {
                        if let Value::String(url) = value {
                            *url = shown_url(url);
                        }
                    }
                    _ => {}
                }
            }
            let provider = entry.get_mut("auth-provider").and_then(|provider| provider.get_mut("config")?.as_object_mut());
            provider.into_iter().flat_map(Map::values_mut).for_each(|value| *value = "REDACTED".into());
            let variables = entry.get_mut("exec").and_then(|exec| exec.get_mut("env")?.as_array_mut());
            for variable in variables.into_iter().flatten() {
                match variable.as_object_mut() {
                    Some(variable) => drop(variable.insert("value".to_owned(), "REDACTED".into())),
                    None => *variable = "REDACTED".into(),
                }
            }
        }
    }
    document
}

fn parse(path: &Path, text: &str) -> Result<Document, KubeconfigFileError> {
    let malformed = |problem: String| KubeconfigFileError::Malformed { path: path.to_owned(), problem };
    let documents = yaml::read(text, false);
    if let Some(error) = documents.errors.first() {
        return Err(malformed(error.to_string()));
    }
    match documents.nodes.into_iter().next().map(yaml::Node::into_value) {
        None | Some(Value::Null) => Ok(Document::new()),
        Some(Value::Object(document)) => Ok(document),
        Some(_) => Err(malformed("it is no mapping".to_owned())),
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str().is_some_and(str::is_empty)
}

/// Replaces a file in one step by what is made of its text, under the lock file that kubectl looks for too. Permissions stay; a new file
/// is the user's alone.
fn replace(path: &Path, made: impl FnOnce(Option<String>) -> Result<String, KubeconfigFileError>) -> Result<(), KubeconfigFileError> {
    let fail = |source| KubeconfigFileError::Write { path: path.to_owned(), source };
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let beside = |ending: &str| {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        target.with_file_name(name)
    };
    let (lock, new) = (beside(".lock"), beside(&format!(".{}.new", std::process::id())));
    match OpenOptions::new().write(true).create_new(true).open(&lock) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(KubeconfigFileError::Locked(lock)),
        Err(source) => return Err(fail(source)),
    }
    let before = match fs::read_to_string(&target) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KubeconfigFileError::Read { path: path.to_owned(), source }),
    };
    let result = before.and_then(made).and_then(|text| write(&new, &target, &text).map_err(fail));
    // What could not be put in place must not lie about; that it cannot be removed either is no more to tell.
    let _ = fs::remove_file(&new);
    let _ = fs::remove_file(&lock);
    result
}

fn write(new: &Path, target: &Path, text: &str) -> io::Result<()> {
    let mut file = private_file::create(new)?;
    if let Ok(known) = fs::metadata(target) {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, text).expect("a written file");
        path
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path =
            file(folder.path(), "a", "current-context: x\nextra: {kept: true}\ncontexts:\n- {name: x, context: {cluster: c, odd: 1}}\n");
        let mut config = Kubeconfigs::read(std::slice::from_ref(&path)).expect("a kubeconfig");
        assert!(!config.set_context("x", &[("namespace", "n")]).expect("a change"));
        assert!(config.set_context("y", &[("user", "u")]).expect("a change"));
        config.use_context("y").expect("a change");
        assert_eq!(
            fs::read_to_string(&path).expect("a file"),
            "contexts:\n- context:\n    cluster: c\n    namespace: \"n\"\n    odd: 1\n  name: x\n- context:\n    user: u\n  name: \"y\"\n\
             current-context: \"y\"\nextra:\n  kept: true\n"
        );
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[test]
    fn what_another_tool_wrote_meanwhile_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path(), "a", "contexts: [{name: x, context: {}}]\n");
        let mut config = Kubeconfigs::read(std::slice::from_ref(&path)).expect("a kubeconfig");
        file(folder.path(), "a", "contexts: [{name: x, context: {}}]\nusers: [{name: u, user: {}}]\n");
        config.use_context("x").expect("a change");
        assert!(fs::read_to_string(&path).expect("a file").contains("name: u"));
        file(folder.path(), "a", "- no kubeconfig\n");
        assert!(matches!(config.use_context("x"), Err(KubeconfigFileError::Malformed { .. })));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "- no kubeconfig\n");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[test]
    fn the_first_file_that_says_something_wins_and_is_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = file(folder.path(), "a", "contexts: [{name: x, context: {cluster: first}}]\n");
        let second =
            file(folder.path(), "b", "current-context: x\ncontexts: [{name: x, context: {cluster: second}}, {name: z, context: {}}]\n");
        let mut config = Kubeconfigs::read(&[folder.path().join("none"), first.clone(), second.clone()]).expect("kubeconfigs");
        assert_eq!(config.current_context(), "x");
        assert_eq!(entry(&config.merged(), "contexts", "x").expect("a context")["context"]["cluster"], "first");
        config.use_context("z").expect("a change");
        assert!(fs::read_to_string(&second).expect("a file").contains("current-context: z"));
        assert!(!fs::read_to_string(&first).expect("a file").contains("current-context"));
    }

    #[test]
    fn tokens_go_to_the_file_that_has_their_user_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = file(folder.path(), "a", "current-context: x\n");
        let text = "users: [{name: v, user: {auth-provider: {name: oidc, config: {id-token: of-v}}}},\n\
                    {name: u, user: {auth-provider: {name: oidc, config: {client-id: \"007\", id-token: old}}}}]\n";
        let path = file(folder.path(), "b", text);
        let mut config = Kubeconfigs::read(&[other.clone(), path.clone()]).expect("kubeconfigs");
        assert_eq!(config.auth_setting("u", "id-token"), "old");
        assert_eq!(config.auth_setting("u", "refresh-token"), "");
        config.set_auth_settings("u", &[("id-token", "new"), ("refresh-token", "r")]).expect("a change");
        config.set_auth_settings("nobody", &[("id-token", "new")]).expect("nothing to do");
        assert_eq!(fs::read_to_string(&other).expect("a file"), "current-context: x\n");
        assert_eq!(
            fs::read_to_string(&path).expect("a file"),
            "users:\n- name: v\n  user:\n    auth-provider:\n      config:\n        id-token: of-v\n      name: oidc\n\
             - name: u\n  user:\n    auth-provider:\n      config:\n        client-id: \"007\"\n        id-token: new\n        \
             refresh-token: r\n      name: oidc\n"
        );
    }

    #[test]
    fn a_file_that_is_being_changed_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path(), "a", "current-context: x\n");
        file(folder.path(), "a.lock", "");
        let mut config = Kubeconfigs::read(std::slice::from_ref(&path)).expect("a kubeconfig");
        assert!(matches!(config.use_context("z"), Err(KubeconfigFileError::Locked(_))));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "current-context: x\n");
    }

    #[test]
    fn what_keeps_a_kubeconfig_from_being_used_is_told_with_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |error: KubeconfigFileError| error.to_string().replace(folder.path().to_str().expect("text"), "DIR");
        let read = |path: &Path| told(Kubeconfigs::read(&[path.to_owned()]).expect_err("no kubeconfig"));
        assert_eq!(read(folder.path()), "cannot read DIR: Is a directory (os error 21)");
        assert_eq!(read(&file(folder.path(), "list", "- a\n")), "DIR/list is not a kubeconfig: it is no mapping");
        let path = file(folder.path(), "a", "current-context: x\n");
        let mut config = Kubeconfigs::read(std::slice::from_ref(&path)).expect("a kubeconfig");
        file(folder.path(), "a.lock", "");
        assert_eq!(
            told(config.use_context("z").expect_err("it is locked")),
            "DIR/a.lock exists: another program is changing the kubeconfig; remove the file if none is"
        );
        let below = path.join("config");
        let mut config = Kubeconfigs::read(&[folder.path().join("none")]).expect("no kubeconfig yet");
        config.default = below;
        assert_eq!(told(config.use_context("z").expect_err("a is no folder")), "cannot write DIR/a/config: File exists (os error 17)");
    }

    #[test]
    fn nothing_that_lets_anybody_in_is_shown() {
        let document = json!({"clusters": [{"name": "c", "cluster": {"server": "https://u:p@h:6443", "proxy-url": "http://u:p@p:1",
            "certificate-authority-data": "A"}}],
            "users": [{"name": "u", "user": {"token": "t", "password": "p", "client-key-data": "k", "username": "n",
                "exec": {"command": "c", "env": [{"name": "E", "value": "v"}]}, "auth-provider": {"name": "p", "config": {"id-token": "t"}}}}]});
        let expected = json!({"clusters": [{"name": "c", "cluster": {"server": "https://REDACTED@h:6443",
            "proxy-url": "http://REDACTED@p:1", "certificate-authority-data": "DATA+OMITTED"}}],
            "users": [{"name": "u", "user": {"token": "REDACTED", "password": "REDACTED", "client-key-data": "DATA+OMITTED", "username": "n",
                "exec": {"command": "c", "env": [{"name": "E", "value": "REDACTED"}]},
                "auth-provider": {"name": "p", "config": {"id-token": "REDACTED"}}}}]});
        assert_eq!(Value::Object(redacted(document.as_object().cloned().expect("an object"))), expected);
    }
}
