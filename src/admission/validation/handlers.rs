//! How a container is asked whether it is well, and what it does when it starts and stops.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/probes/>.

use super::containers::port_reference;
use super::field::{Faults, Field};
use super::pods::Pod;

/// The probes of a container. All but readiness stop at their first success.
pub(super) const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

const OF_PROBES: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const OF_HOOKS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// The signals of Linux, save the real-time ones, in the order of their names.
const SIGNALS: [&str; 34] = [
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];

/// One probe of a container, by its name.
pub(super) fn probe(probe: &Field<'_, '_>, name: &str, pod: &Pod<'_>, faults: &mut Faults) {
    if probe.is_absent() {
        return;
    }
    handler(probe, &OF_PROBES, pod, faults);
    for number in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        faults.at_least(&probe.at(number), 0);
    }
    let grace = probe.at("terminationGracePeriodSeconds");
    if grace.number().is_some_and(|grace| grace <= 0) {
        faults.invalid(&grace, "must be greater than 0");
    }
    if name == "readinessProbe" {
        if !grace.is_absent() {
            faults.invalid(&grace, "must not be set for readinessProbes");
        }
    } else if probe.at("successThreshold").number().is_some_and(|number| number != 1) {
        faults.invalid(&probe.at("successThreshold"), "must be 1");
    }
}

/// What happens right after a container starts and before it stops.
pub(super) fn lifecycle(lifecycle: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    for hook in ["postStart", "preStop"] {
        let hook = lifecycle.at(hook);
        if !hook.is_absent() {
            handler(&hook, &OF_HOOKS, pod, faults);
        }
    }
    let signal = lifecycle.at("stopSignal");
    if signal.is_absent() {
        return;
    }
    match pod.os {
        None => faults.forbidden(&signal, "may not be set for containers with empty `spec.os.name`"),
        Some("windows") => faults.one_of(&signal, &["SIGKILL", "SIGTERM"]),
        Some(_) if !is_signal(signal.text()) => faults.not_supported(&signal, &signals()),
        Some(_) => {}
    }
}

fn is_signal(name: &str) -> bool {
    let within = |rest: Option<&str>, most: u32| {
        rest.and_then(|number| number.parse::<u32>().ok().filter(|value| value.to_string() == number))
            .is_some_and(|number| (1..=most).contains(&number))
    };
    SIGNALS.contains(&name)
        || matches!(name, "SIGRTMIN" | "SIGRTMAX")
        || within(name.strip_prefix("SIGRTMIN+"), 15)
        || within(name.strip_prefix("SIGRTMAX-"), 14)
}

/// Every signal that a container may be stopped with, as faults list them.
fn signals() -> Vec<&'static str> {
    const REAL_TIME: [&str; 31] = [
        "SIGRTMAX",
        "SIGRTMAX-1",
        "SIGRTMAX-10",
        "SIGRTMAX-11",
        "SIGRTMAX-12",
        "SIGRTMAX-13",
        "SIGRTMAX-14",
        "SIGRTMAX-2",
        "SIGRTMAX-3",
        "SIGRTMAX-4",
        "SIGRTMAX-5",
        "SIGRTMAX-6",
        "SIGRTMAX-7",
        "SIGRTMAX-8",
        "SIGRTMAX-9",
        "SIGRTMIN",
        "SIGRTMIN+1",
        "SIGRTMIN+10",
        "SIGRTMIN+11",
        "SIGRTMIN+12",
        "SIGRTMIN+13",
        "SIGRTMIN+14",
        "SIGRTMIN+15",
        "SIGRTMIN+2",
        "SIGRTMIN+3",
        "SIGRTMIN+4",
        "SIGRTMIN+5",
        "SIGRTMIN+6",
        "SIGRTMIN+7",
        "SIGRTMIN+8",
        "SIGRTMIN+9",
    ];
    let mut all: Vec<&str> = SIGNALS.iter().chain(&REAL_TIME).copied().collect();
    all.sort_unstable();
    all
}

/// Exactly one of the kinds of handlers; of several, the first is judged and the others are too many.
fn handler(handler: &Field<'_, '_>, kinds: &[&'static str], pod: &Pod<'_>, faults: &mut Faults) {
    let mut found = false;
    for kind in kinds {
        let action = handler.at(kind);
        match (action.is_absent(), found) {
            (true, _) => continue,
            (false, true) => faults.forbidden(&action, "may not specify more than 1 handler type"),
            (false, false) => act(kind, &action, pod, faults),
        }
        found = true;
    }
    if !found {
        faults.required(handler, "must specify a handler type");
    }
}

fn act(kind: &str, action: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    match kind {
        "exec" => drop(faults.present(&action.at("command"))),
        "httpGet" => {
            faults.present(&action.at("path"));
            port_reference(&action.at("port"), faults);
            let scheme = action.at("scheme");
            if !matches!(scheme.text(), "HTTP" | "HTTPS") {
                faults.not_supported(&scheme, &["HTTP", "HTTPS"]);
            }
            for header in action.at("httpHeaders").items() {
                let name = header.at("name");
                if name.is_empty() || !name.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                    let why = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for \
                               validation is '[-A-Za-z0-9]+')";
                    faults.invalid_as(&action.at("httpHeaders"), name.text(), why);
                }
            }
        }
        "sleep" => sleep(action, pod, faults),
        _ => port_reference(&action.at("port"), faults),
    }
}

/// A pause before the end is not longer than the whole time for ending.
fn sleep(action: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    let seconds = action.at("seconds").number().unwrap_or_default();
    if let Some(grace) = pod.grace
        && (seconds < 0 || seconds > grace)
    {
        faults.invalid_as(action, seconds, &format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})"));
    }
}
