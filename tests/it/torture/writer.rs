//! A writer: it creates, changes and deletes objects that others write, too, and keeps what it was answered.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::interest::{COLORS, SHARDS, name, secret_type};
use super::model::Acknowledged;
use super::plane::{Doors, Kind, NAMESPACES};
use super::{ANSWER, Patience, Random, Why};

/// What one writer has to do.
pub(super) struct Writer {
    pub(super) number: usize,
    /// Distinguishes its marks from those of the same writer at another time.
    pub(super) phase: usize,
    pub(super) doors: Arc<Doors>,
    pub(super) writes: usize,
    pub(super) names: usize,
    /// Counts what all writers have been acknowledged.
    pub(super) progress: watch::Sender<usize>,
}

impl Writer {
    /// Writes until enough has been acknowledged.
    pub(super) async fn run(self) -> Vec<Acknowledged> {
        let mut random = Random::of(self.number + 100 * self.phase);
        let mut answers = Vec::new();
        let mut tries = 0;
        let mut patience = Patience::default();
        while answers.len() < self.writes {
            tries += 1;
            let mark = format!("{}-{}-{tries}", self.phase, self.number);
            let writing = tokio::time::timeout(ANSWER, self.write(&mut random, mark));
            match writing.await.unwrap_or_else(|_| panic!("writer {} was never answered", self.number)) {
                Ok(answer) => {
                    patience.answered();
                    self.progress.send_modify(|progress| *progress += answer.iter().len());
                    answers.extend(answer);
                }
                Err(Unanswered(why)) => {
                    patience.unanswered(&why);
                    self.doors.pause().await;
                }
            }
        }
        let revisions: Vec<u64> = answers.iter().filter_map(revision).collect();
        assert!(revisions.is_sorted_by(|before, after| before < after), "a later write has a greater revision");
        answers
    }

    /// One write; `None` where another writer was quicker.
    async fn write(&self, random: &mut Random, mark: String) -> Result<Option<Acknowledged>, Unanswered> {
        let kind = random.one_of(&Kind::ALL);
        let namespace = random.one_of(&NAMESPACES);
        let name = name(random.below(self.names));
        let door = self.doors.of(self.number);
        let url = door.url(&format!("{}/{name}", kind.path(Some(namespace))));
        if random.below(8) == 0 {
            return deleted(kind, answer(door.client.delete(url)).await?);
        }
        let mut body = body(kind, &name, &mark, random);
        let patch = door.client.patch(url).header("content-type", "application/merge-patch+json").body(body.to_string());
        let (status, written) = answer(patch).await?;
        if status != StatusCode::NOT_FOUND {
            return Ok(Some(acknowledged(kind, status, &written, mark)));
        }
        body["metadata"]["labels"].as_object_mut().unwrap().retain(|_, label| !label.is_null());
        let (status, written) = answer(door.client.post(door.url(&kind.path(Some(namespace)))).json(&body)).await?;
        Ok((status != StatusCode::CONFLICT).then(|| acknowledged(kind, status, &written, mark)))
    }
}

/// Nobody knows what became of a request.
struct Unanswered(Why);

async fn answer(request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), Unanswered> {
    let unanswered = |error: reqwest::Error| Unanswered(error.to_string());
    let answer = request.send().await.map_err(unanswered)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(unanswered)?;
    if status.is_server_error() {
        return Err(Unanswered(format!("{status}: {}", String::from_utf8_lossy(&body))));
    }
    Ok((status, serde_json::from_slice(&body).unwrap()))
}

fn acknowledged(kind: Kind, status: StatusCode, written: &Value, mark: String) -> Acknowledged {
    assert!(status.is_success(), "{status}: {written}");
    let metadata = &written["metadata"];
    let text = |member: &str| metadata[member].as_str().unwrap().to_owned();
    assert_eq!(metadata["annotations"]["mark"], mark.as_str());
    Acknowledged::Written { kind, revision: text("resourceVersion").parse().unwrap(), key: (text("namespace"), text("name")), mark }
}

fn deleted(kind: Kind, (status, answer): (StatusCode, Value)) -> Result<Option<Acknowledged>, Unanswered> {
    match status {
        StatusCode::NOT_FOUND => Ok(None),
        _ => {
            assert!(status.is_success(), "{status}: {answer}");
            Ok(Some(Acknowledged::Deleted { kind, uid: answer["details"]["uid"].as_str().unwrap().to_owned() }))
        }
    }
}

fn revision(answer: &Acknowledged) -> Option<u64> {
    match answer {
        Acknowledged::Written { revision, .. } => Some(*revision),
        Acknowledged::Deleted { .. } => None,
    }
}

fn body(kind: Kind, name: &str, mark: &str, random: &mut Random) -> Value {
    let color = random.one_of(&COLORS);
    let labels = json!({
        "shard": random.below(SHARDS).to_string(), "size": random.below(100).to_string(),
        // Null takes the label away.
        "color": color,
    });
    let mut body = json!({"metadata": {"name": name, "labels": labels, "annotations": {"mark": mark}}});
    match kind {
        Kind::ConfigMap => body["data"] = json!({"mark": mark}),
        Kind::Secret => body["type"] = secret_type(name).into(),
        Kind::Gear => {
            body["apiVersion"] = "example.com/v1".into();
            body["kind"] = "Gear".into();
            body["spec"] = json!({"color": color.unwrap_or("none")});
        }
    }
    body
}
