//! Gathers what a command does, and in the end writes the reports that were asked for.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::CiArgs;
use super::arguments::{CiSettings, Format};
use super::platform::{Platform, shown};
use super::problems::{of_command, of_error, of_failure};
use crate::ambient::Ambient;
use crate::ci::{Finding, Item, Level, Limit, Problem, Report, comment, findings, full_diff, github, gitlab, junit, sarif};
use crate::cli::output::form::pretty;
use crate::cli::output::plan::{PlanForm, PlanView};
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus, Promise};
use crate::plan::render::{Tense, summary};
use crate::plan::{Built, Failure, OwnersShown, PlanEntry};

/// What a command tells a pipeline. Without `--ci` it takes everything and does nothing.
#[derive(Debug)]
pub struct Reporter {
    wanted: Option<Wanted>,
    promise: Promise,
}

#[derive(Debug)]
struct Wanted {
    settings: CiSettings,
    platform: Platform,
    report: Report,
}

impl Reporter {
    /// For one run of a command, which keeps `promise` with its exit statuses.
    ///
    /// Errors where the flags make no sense together.
    pub fn new(ui: &Ui, args: &CiArgs, platform: &Platform, command: &'static str, promise: Promise) -> Result<Self, CommandError> {
        let Some(settings) = args.settings()? else { return Ok(Self { wanted: None, promise }) };
        if settings.has(Format::Github) {
            ui.keep_commands_apart();
            for (variable, path, what) in [
                ("GITHUB_STEP_SUMMARY", &platform.step_summary, "no summary of the job is written"),
                ("GITHUB_OUTPUT", &platform.output, "no outputs are written"),
            ] {
                if path.is_none() {
                    ui.warning(&format!("--ci github: {variable} is not set, so {what}"));
                }
            }
        }
        let report = Report {
            name: settings.name.clone(),
            command,
            target: None,
            tense: Tense::Future,
            items: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            differences: settings.differences,
            root: platform.root(),
        };
        Ok(Self { wanted: Some(Wanted { settings, platform: platform.clone(), report }), promise })
    }

    fn each(&mut self, add: impl FnOnce(&mut Report)) {
        if let Some(wanted) = &mut self.wanted {
            add(&mut wanted.report);
        }
    }

    /// What the command works on.
    pub fn target(&mut self, target: &str, tense: Tense) {
        self.each(|report| (report.target, report.tense) = (Some(target.to_owned()), tense));
    }

    /// What becomes, or has become, of an object.
    pub fn entry(&mut self, entry: &PlanEntry, owners: OwnersShown<'_>) {
        self.each(|report| report.items.push(Item::of(entry, owners)));
    }

    /// An object without a difference to show.
    pub fn item(&mut self, item: impl FnOnce() -> Item) {
        self.each(|report| report.items.push(item()));
    }

    /// An object that failed.
    pub fn failure(&mut self, failure: &Failure) {
        self.each(|report| report.problems.extend(of_failure(failure)));
    }

    /// Something else that is wrong.
    pub fn problem(&mut self, problem: Problem) {
        self.each(|report| report.problems.push(problem));
    }

    /// Something that is wrong with the run as a whole.
    pub fn failed(&mut self, message: &str) {
        self.problem(of_command(message));
    }

    /// What else was told.
    pub fn warnings(&mut self, warnings: &[String]) {
        self.each(|report| report.warnings.extend_from_slice(warnings));
    }

    /// A whole plan, with what could not be planned.
    pub fn plan(&mut self, built: &Built, warnings: &[String], owners: OwnersShown<'_>) {
        built.plan.entries.iter().for_each(|entry| self.entry(entry, owners));
        built.failures.iter().for_each(|failure| self.failure(failure));
        self.warnings(warnings);
    }

    fn has(&self, format: Format) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.settings.has(format))
    }

    /// Text for people as the log of the pipeline may hold it: nothing in it is a command of the platform.
    #[must_use]
    pub fn apart<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.has(Format::Github) { github::apart(text) } else { Cow::Borrowed(text) }
    }

    /// A plan's text, in the log of a platform with each object folded.
    #[must_use]
    pub fn text(&self, view: &PlanView<'_>, built: &Built, warnings: &[String], target: &str) -> String {
        let folds = matches!(view.form, PlanForm::Diff | PlanForm::Path) && (self.has(Format::Github) || self.has(Format::Gitlab));
        if !folds {
            let text = view.text(built, warnings, target);
            return if view.form.has_colors() { self.apart(&text).into_owned() } else { text };
        }
        let changed = built.plan.entries.iter().filter(|entry| entry.action.is_change());
        let mut text: String = changed.enumerate().map(|(number, entry)| self.fold(number, &view.entry(entry, Tense::Future))).collect();
        text.push_str(&summary(built.plan.summary(), built.failures.len(), Tense::Future, view.color));
        text
    }

    /// A header with what is below it.
    fn fold(&self, number: usize, text: &str) -> String {
        let (title, body) = text.split_once('\n').unwrap_or((text, ""));
        let title = title.strip_prefix("=== ").unwrap_or(title);
        if self.has(Format::Github) {
            return github::group(title, body);
        }
        // A clock that cannot be read is refused before; the time only says how long a section took.
        let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
        gitlab::section(number + 1, title, body, now)
    }

    /// Writes the reports and hands on how the command ended; what cannot be written is a failure of its own.
    pub fn finish(self, ui: &Ui, result: Result<ExitStatus, CommandError>) -> Result<ExitStatus, CommandError> {
        let Some(mut wanted) = self.wanted else { return result };
        match &result {
            Err(error) => wanted.report.problems.extend(of_error(error)),
            Ok(ExitStatus::Failed | ExitStatus::DiffFailed) if !wanted.report.has_errors() => {
                wanted.report.problems.push(of_command("the command failed; its output says why"));
            }
            Ok(_) => {}
        }
        let problems = wanted.write(ui);
        problems.iter().for_each(|problem| ui.error(problem));
        match result {
            Ok(_) if !problems.is_empty() => Ok(self.promise.kept(ExitStatus::Failed)),
            result => result,
        }
    }
}

impl Wanted {
    /// Writes everything that can be written, and answers what could not.
    fn write(&self, ui: &Ui) -> Vec<String> {
        let findings = findings(&self.report);
        let mut problems = Vec::new();
        if let Some(folder) = &self.settings.folder
            && let Err(error) = fs::create_dir_all(folder)
        {
            problems.push(format!("--ci-dir: cannot make {}: {error}", folder.display()));
        }
        let mut note = |option: &str, path: &Path, written: io::Result<()>| {
            problems.extend(written.err().map(|error| format!("{option}: cannot write {}: {error}", path.display())));
        };
        for (format, file) in &self.settings.reports {
            match file {
                Some(file) => note(&format!("--ci {}", format.word()), file, fs::write(file, self.text(*format, &findings))),
                None => {
                    ui.commands(&github::annotations(&findings));
                    if let Some(path) = &self.platform.step_summary {
                        note("--ci github", path, self.add_summary(path));
                    }
                    if let Some(path) = &self.platform.output {
                        note("--ci github", path, append(path, &github::outputs(&self.report)));
                    }
                }
            }
        }
        if let Some(file) = &self.settings.full_diff {
            note("--ci-full-diff", file, fs::write(file, full_diff(&self.report)));
        }
        let unplaced = findings.iter().filter(|finding| finding.place.is_none() && finding.level != Level::Notice).count();
        if unplaced > 0 && self.settings.has(Format::Gitlab) {
            ui.warning(&format!("--ci gitlab: {unplaced} of the findings are in no file of the repository, and so not in the report"));
        }
        problems
    }

    fn text(&self, format: Format, findings: &[Finding]) -> String {
        match format {
            Format::Gitlab => pretty(&gitlab::code_quality(findings)),
            Format::Dotenv => gitlab::dotenv(&self.report),
            Format::Junit => junit(&self.report),
            Format::Sarif => pretty(&sarif(&self.report)),
            Format::Markdown | Format::Github => self.comment(self.platform.comment_limit()),
        }
    }

    fn comment(&self, limit: Limit) -> String {
        comment(&self.report, limit, self.settings.full_diff.as_deref().map(shown).as_deref())
    }

    /// A summary that is too long is dropped as a whole, with what other commands of the step wrote.
    fn add_summary(&self, path: &Path) -> io::Result<()> {
        let taken = fs::metadata(path).map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
        // Without an empty line before it, a title would belong to what another command of the step ended with.
        let parted = if taken > 0 { "\n" } else { "" };
        let limit = Limit::Bytes(Limit::GITHUB_SUMMARY.saturating_sub(taken + parted.len()));
        let text = self.comment(limit);
        if limit.holds(&text) {
            append(path, &format!("{parted}{text}"))
        } else {
            Err(io::Error::other("the summary of this step is full"))
        }
    }
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}
