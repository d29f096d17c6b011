use clap::Parser as _;

use super::*;
use crate::cli::{Cli, ExitStatus};

fn context() -> CommandContext {
    let cli = Cli::try_parse_from(["trueup", "--local", "store", "get", "pods"]).unwrap();
    let openers = Openers { store: |_, _| Box::pin(async { Err("not opened".into()) }), simulation: None, controllers: None };
    CommandContext::new(Settings::resolve(&cli.global, &|_| None).unwrap(), openers)
}

#[tokio::test]
async fn an_undoing_is_not_too_late_until_it_has_ended() {
    const MOMENT: Duration = Duration::from_millis(1);
    let context = context();
    context.set_undoing(true);
    let late = too_late(MOMENT, || context.is_undoing());
    tokio::pin!(late);
    assert!(tokio::time::timeout(MOMENT * 50, &mut late).await.is_err());
    context.set_undoing(false);
    late.await;
}

#[test]
fn whoever_interrupts_is_told_what_will_happen() {
    let context = context();
    assert_eq!(context.stopping(), "stopping once the requests under way are answered; interrupt again to end at once");
    context.set_revocable(Vec::new());
    assert_eq!(
        context.stopping(),
        "stopping once the requests under way are answered, to undo what was done; interrupt again to end at once"
    );
    context.set_undoing(true);
    assert_eq!(context.stopping(), "what was done is still being undone; interrupt again to end at once");
}

#[test]
fn what_was_done_and_is_not_undone_is_named_with_the_ways_on() {
    let context = context();
    context.note_deed("configmap/unseen".to_owned(), "created");
    context.set_revocable(vec!["apply again".to_owned()]);
    context.note("1 of 3 objects were applied".to_owned());
    context.note_deed("configmap/a".to_owned(), "created");
    context.note_deed("configmap/b".to_owned(), "configured");
    context.forget_deed("configmap/a".to_owned());
    let error = context.interrupted(Ending::Again);
    assert_eq!(error.message, "interrupted again, and ended at once: 1 of 3 objects were applied; not undone: configmap/b (configured)");
    assert_eq!((error.hints, error.status), (vec!["apply again".to_owned()], ExitStatus::Interrupted));
    context.forget_deed("configmap/b".to_owned());
    let error = context.interrupted(Ending::Unanswered(Duration::from_secs(10)));
    assert_eq!(error.message, "interrupted, and ended after 10 s without an answer: 1 of 3 objects were applied");
    assert!(error.hints.is_empty());
}

#[test]
fn an_interruption_that_leaves_nothing_has_nothing_to_say() {
    assert_eq!(context().interrupted(Ending::Clean).message, "interrupted");
}
