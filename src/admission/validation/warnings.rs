//! What the server lets a client know of an object that it accepts all the same: fields that do nothing any more, and what is easily
//! misread.
//!
//! Receives objects that follow the rules; hands on texts for `Warning` headers. Invariant: nothing is refused here.
//!
//! See <https://kubernetes.io/blog/2020/09/03/warnings/>.

mod pods;

use super::field::Field;
use super::member;
use crate::object::Object;
use crate::object::names::dns_label;
use crate::schema::Resource;

const SURPRISING: &str = "which can result in surprising behavior; a DNS label is recommended";

/// The longest a list of finished indexes of a job may grow before it weighs on the server, in indexes and in pods at a time.
const INDEXES_MANY: i64 = 100_000;
const PARALLEL_MANY: i64 = 10_000;

/// What was found so far.
#[derive(Debug, Default)]
struct Warnings(Vec<String>);

impl Warnings {
    fn say(&mut self, field: &Field<'_, '_>, text: &str) {
        self.0.push(format!("{}: {text}", field.place()));
    }
}

/// The warnings of a write; `before` is what the object takes the place of.
pub(in crate::admission) fn warnings(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<String> {
    let mut said = Warnings::default();
    let spec = member(object, "spec");
    // What was declared before was warned of then.
    let grown = before.is_none_or(|before| before.generation() != object.generation());
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") if before.is_none() => {
            surprising(object, "this is used in the Pod's hostname", &mut said);
            pods::pod(&member(object, "metadata"), &spec, false, &mut said);
        }
        ("", "PodTemplate") if grown => pods::template(&member(object, "template"), &mut said),
        ("apps", "Deployment" | "ReplicaSet") | ("", "ReplicationController") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", &mut said);
            }
            if grown {
                pods::template(&spec.at("template"), &mut said);
            }
        }
        ("apps", "DaemonSet" | "StatefulSet") => {
            if grown {
                pods::template(&spec.at("template"), &mut said);
            }
            let history = spec.at("revisionHistoryLimit");
            if resource.gvk.kind == "StatefulSet" && history.number().is_some_and(|limit| limit < 0) {
                said.say(&history, "a negative value retains all historical revisions; a value >= 0 is recommended");
            }
        }
        ("batch", "Job") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", &mut said);
            }
            job(&spec, grown, &mut said);
        }
        ("batch", "CronJob") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", &mut said);
            }
            let schedule = spec.at("schedule");
            if schedule.text().contains("TZ") {
                let text = "cannot use TZ or CRON_TZ in schedule, use timeZone instead. This will fail validation in a future release";
                said.say(&schedule, text);
            }
            job(&spec.deep(&["jobTemplate", "spec"]), grown, &mut said);
        }
        _ => {}
    }
    said.0
}

fn surprising(object: &Object, what: &str, said: &mut Warnings) {
    if let Err(why) = dns_label(object.name()) {
        said.0.push(format!("metadata.name: {what}, {SURPRISING}: [{why}]"));
    }
}

fn job(spec: &Field<'_, '_>, grown: bool, said: &mut Warnings) {
    let many = |name: &'static str, most: i64| spec.at(name).number().is_some_and(|number| number > most);
    if spec.at("completionMode").text() == "Indexed" && many("completions", INDEXES_MANY) && many("parallelism", PARALLEL_MANY) {
        let text = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
        said.0.push(text.to_owned());
    }
    if grown {
        pods::template(&spec.at("template"), said);
    }
}
