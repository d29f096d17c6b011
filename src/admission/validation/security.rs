//! What the processes of a pod may do: as whom they run, what they are confined by, and what of the host they share.
//!
//! See <https://kubernetes.io/docs/tasks/configure-pod-container/security-context/>.

use std::collections::HashSet;

use super::field::{Faults, Field};
use super::kept::{Kept, Rule};
use super::mounts::descends;
use super::pods::{CONTAINER_LISTS, Pod};
use crate::object::names::dns_subdomain;

/// The longest path that a profile of AppArmor can have.
const PROFILE_BYTES: usize = 4095;

/// The most that a credential specification of Windows may have.
const CREDENTIALS_KIB: usize = 64;

/// The most characters of a domain and of a name in Windows.
const DOMAIN: usize = 256;
const USER: usize = 104;

const SYSCTL: usize = 253;

/// What pods of Windows cannot have in the security context of the pod, and of a container.
const NOT_IN_WINDOWS_POD: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const NOT_IN_WINDOWS_CONTAINER: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// The context that all containers of a pod share.
pub(super) fn of_pod(spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let context = spec.at("securityContext");
    if context.is_empty() && spec.at("shareProcessNamespace").is_absent() {
        return;
    }
    ids(&context, &["fsGroup", "runAsUser", "runAsGroup"], faults);
    for group in context.at("supplementalGroups").items() {
        faults.between(&group, 0, i64::from(i32::MAX));
    }
    if spec.at("shareProcessNamespace").flag() && spec.at("hostPID").flag() {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        faults.invalid_as(&context.at("shareProcessNamespace"), true, why);
    }
    sysctls(spec, &context.at("sysctls"), kept, faults);
    supported(&context.at("fsGroupChangePolicy"), &["Always", "OnRootMismatch"], faults);
    seccomp(&context.at("seccompProfile"), faults);
    windows(&context.at("windowsOptions"), faults);
    app_armor(&context.at("appArmorProfile"), faults);
    supported(&context.at("supplementalGroupsPolicy"), &["Merge", "Strict"], faults);
    supported(&context.at("seLinuxChangePolicy"), &["MountOption", "Recursive"], faults);
}

/// The context of one container.
pub(super) fn of_container(context: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    if context.is_empty() {
        return;
    }
    ids(context, &["runAsUser", "runAsGroup"], faults);
    let proc = context.at("procMount");
    supported(&proc, &["Default", "Unmasked"], faults);
    if proc.text() == "Unmasked" && !pod.own_users {
        faults.invalid(&proc, "`hostUsers` must be false to use `Unmasked`");
    }
    seccomp(&context.at("seccompProfile"), faults);
    if context.at("allowPrivilegeEscalation").is_denied() {
        let added = context.deep(&["capabilities", "add"]);
        if context.at("privileged").flag() {
            faults.invalid(context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        if added.items().any(|capability| capability.text() == "CAP_SYS_ADMIN") {
            faults.invalid(context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    windows(&context.at("windowsOptions"), faults);
    app_armor(&context.at("appArmorProfile"), faults);
}

fn ids(context: &Field<'_, '_>, names: &[&'static str], faults: &mut Faults) {
    for name in names {
        faults.between(&context.at(name), 0, i64::from(i32::MAX));
    }
}

/// A word that is there, even the empty one, is one of these.
fn supported(field: &Field<'_, '_>, words: &[&str], faults: &mut Faults) {
    if !field.is_absent() && !words.contains(&field.text()) {
        faults.not_supported(field, words);
    }
}

fn sysctls(spec: &Field<'_, '_>, list: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let mut names = HashSet::new();
    for sysctl in list.items() {
        let name = sysctl.at("name");
        if name.is_empty() {
            faults.required(&name, "");
        } else if !is_sysctl(name.text()) {
            let segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
            faults.invalid(&name, &format!("must have at most {SYSCTL} characters and match regex ^({segment}[\\./])*{segment}$"));
        } else if names.contains(name.text()) {
            faults.duplicate(&name);
        }
        if let Some(host) = setting_of_host(spec, name.text()).filter(|_| kept.asks(Rule::HostSettings)) {
            faults.invalid(&name, &format!("may not be specified when '{host}' is true"));
        }
        names.insert(name.text());
    }
}

/// What of the host a pod has for its own that a setting would be of.
fn setting_of_host(spec: &Field<'_, '_>, name: &str) -> Option<&'static str> {
    let host = match sysctl_namespace(name)? {
        "net" => "hostNetwork",
        _ => "hostIPC",
    };
    spec.at(host).flag().then_some(host)
}

/// Whether a pod sets what is the host's.
pub(super) fn has_settings_of_host(spec: &Field<'_, '_>) -> bool {
    spec.deep(&["securityContext", "sysctls"]).items().any(|sysctl| setting_of_host(spec, sysctl.at("name").text()).is_some())
}

fn is_sysctl(name: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    name.len() <= SYSCTL
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner)
        })
}

/// The namespace of Linux that a kernel parameter belongs to, whose host a pod may share. Slashes part the name where the first
/// separator is one.
fn sysctl_namespace(name: &str) -> Option<&'static str> {
    let slashes = name.find(['.', '/']).is_some_and(|at| name[at..].starts_with('/'));
    let plain = if slashes { name.replace('/', ".") } else { name.to_owned() };
    match plain.as_str() {
        "kernel.sem" => Some("ipc"),
        _ if ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| plain.starts_with(prefix)) => Some("ipc"),
        _ if plain.starts_with("net.") => Some("net"),
        _ => None,
    }
}

fn seccomp(profile: &Field<'_, '_>, faults: &mut Faults) {
    if profile.is_absent() {
        return;
    }
    let (kind, file) = (profile.at("type"), profile.at("localhostProfile"));
    if kind.is_empty() {
        faults.required(&kind, "type is required when seccompProfile is set");
    } else {
        faults.one_of(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    match (kind.text() == "Localhost", file.is_absent()) {
        (true, true) => faults.required(&file, "must be set when seccomp type is Localhost"),
        (true, false) => descends(&file, faults),
        (false, false) => {
            let shown = Field::root_like(&file, profile.value);
            faults.invalid(&shown, "can only be set when seccomp type is Localhost");
        }
        (false, true) => {}
    }
}

/// Whether this is a profile that AppArmor can be given.
pub(super) fn app_armor(profile: &Field<'_, '_>, faults: &mut Faults) {
    if profile.is_absent() {
        return;
    }
    let (kind, file) = (profile.at("type"), profile.at("localhostProfile"));
    match kind.text() {
        "Localhost" => {
            if !file.is_empty() && file.text().trim() != file.text() {
                faults.invalid(&file, "must not be padded with whitespace");
            } else if file.is_empty() {
                faults.required(&file, "must be set when AppArmor type is Localhost");
            }
            if file.text().len() > PROFILE_BYTES {
                faults.too_long(&file, PROFILE_BYTES);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if !file.is_absent() {
                faults.invalid(&file, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => faults.required(&kind, "type is required when appArmorProfile is set"),
        _ => faults.not_supported(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

fn windows(options: &Field<'_, '_>, faults: &mut Faults) {
    if options.is_absent() {
        return;
    }
    let (name, credentials, user) = (options.at("gmsaCredentialSpecName"), options.at("gmsaCredentialSpec"), options.at("runAsUserName"));
    if !name.is_absent() {
        faults.checked(&name, dns_subdomain);
    }
    if !credentials.is_absent() {
        if credentials.is_empty() {
            faults.invalid(&credentials, "gmsaCredentialSpec cannot be an empty string");
        } else if credentials.text().len() > CREDENTIALS_KIB << 10 {
            faults.invalid(&credentials, &format!("gmsaCredentialSpec size must be under {CREDENTIALS_KIB} KiB"));
        }
    }
    if !user.is_absent() {
        windows_user(&user, faults);
    }
}

/// `USER` or `DOMAIN\USER`.
fn windows_user(field: &Field<'_, '_>, faults: &mut Faults) {
    let text = field.text();
    let whole = match () {
        () if text.is_empty() => Some("runAsUserName cannot be an empty string"),
        () if text.bytes().any(|byte| byte.is_ascii_control()) => Some("runAsUserName cannot contain control characters"),
        () if text.matches('\\').count() > 1 => Some("runAsUserName cannot contain more than one backslash"),
        () => None,
    };
    if let Some(why) = whole {
        return faults.invalid(field, why);
    }
    let (domain, user) = text.split_once('\\').map_or((None, text), |(domain, user)| (Some(domain), user));
    if domain.is_some_and(|domain| domain.len() >= DOMAIN) {
        faults.invalid(field, &format!("runAsUserName's Domain length must be under {DOMAIN} characters"));
    }
    if domain.is_some_and(|domain| !is_net_bios(domain) && !is_dns(domain)) {
        faults.invalid(field, "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
    if user.is_empty() {
        faults.invalid(field, "runAsUserName's User cannot be empty");
    } else if user.len() > USER {
        faults.invalid(field, &format!("runAsUserName's User length must not be longer than {USER} characters"));
    }
    if !user.is_empty() && user.bytes().all(|byte| matches!(byte, b'.' | b' ')) {
        faults.invalid(field, "runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        faults.invalid(field, "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
}

fn is_net_bios(domain: &str) -> bool {
    let bad = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];
    (1..=15).contains(&domain.chars().count()) && !domain.starts_with('.') && !domain.contains(bad)
}

fn is_dns(domain: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    domain.split('.').all(part)
}

/// Processes of the host in Windows: all containers are such, or none.
pub(super) fn host_processes(spec: &Field<'_, '_>, faults: &mut Faults) {
    let of_pod = spec.deep(&["securityContext", "windowsOptions", "hostProcess"]).value.as_bool();
    let (mut all, mut such) = (0_usize, 0_usize);
    for list in CONTAINER_LISTS {
        for container in spec.at(list).items() {
            let field = container.deep(&["securityContext", "windowsOptions", "hostProcess"]);
            let own = field.value.as_bool();
            if let (Some(of_pod), Some(own)) = (of_pod, own)
                && of_pod != own
            {
                faults.invalid(&field, &format!("pod hostProcess value must be identical if both are specified, was {of_pod}"));
            }
            all += 1;
            such += usize::from(own.or(of_pod) == Some(true));
        }
    }
    if such > 0 && such != all {
        let why = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        faults.invalid_as(spec, "", why);
    }
    if such > 0 && !spec.at("hostNetwork").flag() {
        let why = "hostNetwork must be true if pod contains any hostProcess containers";
        faults.invalid_as(&spec.at("hostNetwork"), false, why);
    }
}

/// A pod with users of its own shares nothing else of the host.
pub(super) fn own_users(spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    if !spec.at("hostUsers").is_denied() {
        return;
    }
    let why = "when `hostUsers` is false";
    for (name, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.at(name).flag() {
            faults.forbidden(&spec.at_as(name, shown), why);
        }
    }
    for list in CONTAINER_LISTS {
        for container in spec.at(list).items() {
            if kept.asks(Rule::RawDevices) && !container.at("volumeDevices").is_empty() {
                faults.forbidden(&container.at("volumeDevices"), why);
            }
        }
    }
}

/// Whether a pod with users of its own has raw devices.
pub(super) fn has_raw_devices(spec: &Field<'_, '_>) -> bool {
    let has = |container: Field<'_, '_>| !container.at("volumeDevices").is_empty();
    spec.at("hostUsers").is_denied() && CONTAINER_LISTS.iter().any(|list| spec.at(list).items().any(has))
}

/// The operating system that a pod is for, and what of the other it cannot have.
pub(super) fn system(spec: &Field<'_, '_>, faults: &mut Faults) {
    let system = spec.at("os");
    match system.at("name").text() {
        _ if system.is_absent() => {}
        "" => faults.required(&system.at("name"), "cannot be empty"),
        "linux" => for_linux(spec, faults),
        "windows" => for_windows(spec, faults),
        name => faults.not_supported(&Field::root_like(&system, &name.into()), &["linux", "windows"]),
    }
}

fn contexts(spec: &Field<'_, '_>, mut judge: impl FnMut(&Field<'_, '_>)) {
    for list in CONTAINER_LISTS {
        spec.at(list).items().for_each(|container| judge(&container.at("securityContext")));
    }
}

fn for_linux(spec: &Field<'_, '_>, faults: &mut Faults) {
    let mut judge = |context: &Field<'_, '_>| {
        if !context.at("windowsOptions").is_absent() {
            faults.forbidden(&context.at("windowsOptions"), "windows options cannot be set for a linux pod");
        }
    };
    judge(&spec.at("securityContext"));
    contexts(spec, judge);
}

fn for_windows(spec: &Field<'_, '_>, faults: &mut Faults) {
    let why = "cannot be set for a windows pod";
    let context = spec.at("securityContext");
    for name in NOT_IN_WINDOWS_POD {
        if !context.at(name).is_absent() {
            faults.forbidden(&context.at(name), why);
        }
    }
    for name in ["hostUsers", "shareProcessNamespace"] {
        if !spec.at(name).is_absent() {
            faults.forbidden(&spec.at(name), why);
        }
    }
    for name in ["hostPID", "hostIPC"] {
        if spec.at(name).flag() {
            faults.forbidden(&spec.at(name), why);
        }
    }
    contexts(spec, |context| {
        for name in NOT_IN_WINDOWS_CONTAINER {
            if !context.at(name).is_absent() {
                faults.forbidden(&context.at(name), why);
            }
        }
    });
}
