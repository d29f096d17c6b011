//! Which reports are asked for, and where they go.

use std::path::PathBuf;

use crate::ci::Level;
use crate::cli::CommandError;

/// The flags of reports.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CiArgs {
    /// Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml;
    /// may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Pipeline", value_parser = Wanted::parse)]
    ci: Vec<Wanted>,
    /// Write reports that name no file into this directory, which is made where it does not exist
    #[arg(long, value_name = "DIR", help_heading = "Pipeline", requires = "ci")]
    ci_dir: Option<PathBuf>,
    /// Write the whole difference to this file, also where a comment is cut; else beside the comment
    #[arg(long, value_name = "FILE", help_heading = "Pipeline", requires = "ci")]
    ci_full_diff: Option<PathBuf>,
    /// Tell these reports from others of the same pipeline by this name, such as staging
    #[arg(long, value_name = "NAME", help_heading = "Pipeline", requires = "ci", value_parser = name)]
    ci_name: Option<String>,
    /// Count differences as notices, warnings or errors; with errors they are failures in JUnit
    #[arg(long, value_name = "LEVEL", help_heading = "Pipeline", requires = "ci", value_enum)]
    ci_differences: Option<DifferenceLevel>,
}

/// What differences count as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DifferenceLevel {
    /// Worth knowing; what is deleted or replaced is a warning
    Notice,
    /// Worth a look
    Warning,
    /// As failures
    Error,
}

/// A form of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Github,
    Gitlab,
    Dotenv,
    Junit,
    Sarif,
    Markdown,
}

impl Format {
    const ALL: [Self; 6] = [Self::Github, Self::Gitlab, Self::Dotenv, Self::Junit, Self::Sarif, Self::Markdown];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Dotenv => "dotenv",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
        }
    }

    /// The file where none is named; `None` for what goes where the platform says.
    fn file(self) -> Option<&'static str> {
        match self {
            Self::Github => None,
            Self::Gitlab => Some("gl-code-quality-report.json"),
            Self::Dotenv => Some("trueup.env"),
            Self::Junit => Some("trueup-junit.xml"),
            Self::Sarif => Some("trueup.sarif"),
            Self::Markdown => Some("trueup-comment.md"),
        }
    }
}

/// Where the whole difference goes where a comment is asked for and nothing else is said.
const FULL_DIFF: &str = "trueup-full.diff";

/// One `--ci`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

impl Wanted {
    fn parse(text: &str) -> Result<Self, String> {
        let (word, file) = text.split_once('=').map_or((text, None), |(word, file)| (word, Some(file)));
        let format = Format::ALL.into_iter().find(|format| format.word() == word);
        let format = format.ok_or_else(|| format!("known are {}", Format::ALL.map(Format::word).join(", ")))?;
        match (format.file(), file) {
            (None, Some(_)) => Err(format!("{word} takes no file: the platform says where its reports go")),
            (Some(_), Some("")) => Err("the file's name is empty".to_owned()),
            _ => Ok(Self { format, file: file.map(PathBuf::from) }),
        }
    }
}

/// What stands in a mark of a comment, in a JUnit suite and in an id.
fn name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    // Two hyphens could end the comment that the mark is.
    if fits && !text.contains("--") { Ok(text.to_owned()) } else { Err("use up to 64 letters, digits, and . _ - between them".to_owned()) }
}

/// What `--ci` asks for, with a file for each report that goes to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CiSettings {
    pub(super) reports: Vec<(Format, Option<PathBuf>)>,
    pub(super) folder: Option<PathBuf>,
    pub(super) full_diff: Option<PathBuf>,
    pub(super) name: String,
    pub(super) differences: Level,
}

impl CiSettings {
    pub(super) fn has(&self, format: Format) -> bool {
        self.reports.iter().any(|(known, _)| *known == format)
    }
}

impl CiArgs {
    /// `None` where no report is asked for.
    pub(super) fn settings(&self) -> Result<Option<CiSettings>, CommandError> {
        if self.ci.is_empty() {
            return Ok(None);
        }
        let within = |name: &str| self.ci_dir.as_ref().map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        let place = |wanted: &Wanted| (wanted.format, wanted.file.clone().or_else(|| wanted.format.file().map(within)));
        let reports: Vec<(Format, Option<PathBuf>)> = self.ci.iter().map(place).collect();
        let comment = reports.iter().any(|(format, _)| *format == Format::Markdown);
        let full_diff = self.ci_full_diff.clone().or_else(|| comment.then(|| within(FULL_DIFF)));
        for (index, (format, file)) in reports.iter().enumerate() {
            let others = &reports[..index];
            if others.iter().any(|(other, _)| other == format) {
                return Err(CommandError::usage(format!("--ci {} is given twice", format.word())));
            }
            let taken = file.is_some() && (others.iter().any(|(_, other)| other == file) || *file == full_diff);
            if let Some(file) = file.as_ref().filter(|_| taken) {
                return Err(CommandError::usage(format!("two reports cannot go to one file, {}", file.display())));
            }
        }
        let differences = match self.ci_differences {
            None | Some(DifferenceLevel::Notice) => Level::Notice,
            Some(DifferenceLevel::Warning) => Level::Warning,
            Some(DifferenceLevel::Error) => Level::Error,
        };
        let name = self.ci_name.clone().unwrap_or_else(|| "trueup".to_owned());
        Ok(Some(CiSettings { reports, folder: self.ci_dir.clone(), full_diff, name, differences }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(wanted: &[&str], folder: Option<&str>) -> Result<CiSettings, String> {
        let ci = wanted.iter().map(|text| Wanted::parse(text)).collect::<Result<_, _>>()?;
        let args = CiArgs { ci, ci_dir: folder.map(PathBuf::from), ..CiArgs::default() };
        args.settings().map(Option::unwrap).map_err(|error| error.message)
    }

    #[test]
    fn every_report_has_a_file_of_its_own() {
        let settings = |wanted: &[&str]| settings(wanted, Some("out"));
        let all = settings(&["github", "gitlab", "junit=j.xml", "sarif", "markdown", "dotenv"]).unwrap();
        let files: Vec<_> = all.reports.iter().filter_map(|(_, file)| file.as_ref()?.to_str()).collect();
        assert_eq!(files, ["out/gl-code-quality-report.json", "j.xml", "out/trueup.sarif", "out/trueup-comment.md", "out/trueup.env"]);
        assert_eq!(all.full_diff, Some("out/trueup-full.diff".into()));
        assert_eq!(settings(&["junit=a", "sarif=a"]), Err("two reports cannot go to one file, a".to_owned()));
        assert_eq!(settings(&["junit=a", "junit=b"]), Err("--ci junit is given twice".to_owned()));
        assert_eq!(settings(&["sarif"]).unwrap().full_diff, None);
    }

    #[test]
    fn forms_and_names_that_make_no_sense_are_refused() {
        assert_eq!(Wanted::parse("junti"), Err("known are github, gitlab, dotenv, junit, sarif, markdown".to_owned()));
        assert_eq!(Wanted::parse("github=x"), Err("github takes no file: the platform says where its reports go".to_owned()));
        assert_eq!(Wanted::parse("sarif="), Err("the file's name is empty".to_owned()));
        assert!(name("staging-eu.1").is_ok());
        for bad in ["", "a--b", "a b", "-->", "ä", &"x".repeat(65)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
