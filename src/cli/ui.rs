//! All printing: data to standard output, talk to standard error.
//!
//! Receives finished text. Decides once, from the flag, the environment and the streams, about colour and width. Invariant: whatever a
//! script may want to read is on standard output and nothing else is; nothing that objects or servers say steers the terminal; a reader
//! that goes away early is not an error to shout about.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pager::Pager;
use crate::ci::github::apart;
use crate::paint::{Brush, Color};
use crate::printable::{one_line, printable};

/// Columns assumed where no terminal says how many it has.
const DEFAULT_WIDTH: usize = 80;

/// What `--color` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too
    #[default]
    Auto,
    /// Colour everywhere
    Always,
    /// No colour
    Never,
}

impl ColorChoice {
    /// Whether a stream gets colour, given the environment (<https://no-color.org>, <https://bixense.com/clicolors>).
    #[must_use]
    pub fn decide(self, is_terminal: bool, environment: impl Fn(&str) -> Option<String>) -> bool {
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR") => false,
            Self::Auto if environment("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
            Self::Auto => is_terminal && environment("TERM").as_deref() != Some("dumb"),
        }
    }
}

/// Where a program's words go; shared by reference among all that print.
pub struct Ui {
    data: Stream,
    talk: Stream,
    quiet: bool,
    width: usize,
    /// Whether a person can be asked.
    can_ask: bool,
    /// What shows long texts on the terminal; `None` where they are printed at once.
    pager: Option<Pager>,
    /// How many lines of progress stand on the terminal; the last of them is unfinished.
    progress: Mutex<usize>,
    /// Whether a pipeline's runner reads standard error for commands, so that nothing that is said may look like one.
    apart: AtomicBool,
}

struct Stream {
    writer: Mutex<Box<dyn Write + Send>>,
    is_terminal: bool,
    brush: Brush,
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ui").field("quiet", &self.quiet).field("width", &self.width).finish_non_exhaustive()
    }
}

impl Stream {
    fn lock(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        // A panic elsewhere while printing leaves the writer usable.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Ui`] made by [`Ui::buffered`] has printed.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    stdout: Buffer,
    stderr: Buffer,
}

impl Printed {
    /// Everything on standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Everything on standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }
}

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ui {
    /// Prints to the process's own streams. `environment` looks up a variable.
    #[must_use]
    pub fn new(color: ColorChoice, quiet: bool, environment: impl Fn(&str) -> Option<String>) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let width = environment("COLUMNS").and_then(|text| text.parse().ok()).filter(|width| *width > 0);
        let width = width.or_else(|| terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0)));
        let stream = |writer: Box<dyn Write + Send>, is_terminal: bool| Stream {
            writer: Mutex::new(writer),
            is_terminal,
            brush: Brush::new(color.decide(is_terminal, &environment)),
        };
        let (data_terminal, talk_terminal) = (stdout.is_terminal(), stderr.is_terminal());
        Self {
            data: stream(Box::new(BufWriter::with_capacity(1 << 16, stdout)), data_terminal),
            talk: stream(Box::new(stderr), talk_terminal),
            quiet,
            width: width.unwrap_or(DEFAULT_WIDTH),
            can_ask: talk_terminal && io::stdin().is_terminal(),
            pager: if data_terminal { Pager::choose(&environment) } else { None },
            progress: Mutex::new(0),
            apart: AtomicBool::new(false),
        }
    }

    /// Prints to memory, as if to a pipe, for tests of whole outputs.
    #[must_use]
    pub fn buffered(color: bool, quiet: bool, width: usize) -> (Self, Printed) {
        let printed = Printed::default();
        let stream =
            |buffer: &Buffer| Stream { writer: Mutex::new(Box::new(buffer.clone())), is_terminal: false, brush: Brush::new(color) };
        let ui = Self {
            data: stream(&printed.stdout),
            talk: stream(&printed.stderr),
            quiet,
            width,
            can_ask: false,
            pager: None,
            progress: Mutex::new(0),
            apart: AtomicBool::new(false),
        };
        (ui, printed)
    }

    /// The columns of the terminal, or 80.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether only data, warnings and errors are printed.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether a person is likely to look at standard error as it comes.
    #[must_use]
    pub fn talks_to_terminal(&self) -> bool {
        self.talk.is_terminal
    }

    /// Whether a person can be asked: whoever reads standard error can answer on standard input.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Paints what goes to standard output.
    #[must_use]
    pub fn data_brush(&self) -> Brush {
        self.data.brush
    }

    /// Paints what goes to standard error.
    #[must_use]
    pub fn talk_brush(&self) -> Brush {
        self.talk.brush
    }

    /// Writes text to standard output as it is. It may stay in a buffer until [`Ui::flush`] or until something is said.
    ///
    /// Errors where the stream cannot be written; see [`is_broken_pipe`].
    pub fn data(&self, text: &str) -> io::Result<()> {
        if self.data.is_terminal {
            self.clear_progress();
        }
        self.data.lock().write_all(text.as_bytes())
    }

    /// Writes text that objects or servers wrote to standard output: as it is where a program reads it, and with nothing in it that
    /// steers a terminal where it is shown on one.
    pub fn foreign_data(&self, text: &str) -> io::Result<()> {
        if self.data.is_terminal { self.data(&printable(text)) } else { self.data(text) }
    }

    /// Writes text to standard output, through a pager where that is a terminal.
    pub fn page(&self, text: &str) -> io::Result<()> {
        let Some(pager) = &self.pager else { return self.data(text) };
        self.flush()?;
        self.clear_progress();
        if pager.show(text) { Ok(()) } else { self.data(text) }
    }

    /// The same for text that objects or servers wrote, as [`Ui::foreign_data`] writes it.
    pub fn page_foreign(&self, text: &str) -> io::Result<()> {
        if self.data.is_terminal { self.page(&printable(text)) } else { self.data(text) }
    }

    /// Writes what is left in the buffer to standard output.
    pub fn flush(&self) -> io::Result<()> {
        self.data.lock().flush()
    }

    /// Says a line on standard error, unless quiet.
    pub fn say(&self, line: &str) {
        self.say_painted(&printable(line));
    }

    /// Says a line that may hold colours, and nothing that anybody else wrote, on standard error, unless quiet.
    pub fn say_painted(&self, line: &str) {
        if !self.quiet {
            self.talk_line(line);
        }
    }

    /// Says a line that begins with `warning: `.
    pub fn warning(&self, line: &str) {
        self.talk_line(&format!("{} {}", self.talk.brush.bold(Color::Yellow, "warning:"), printable(line)));
    }

    /// Says a line that begins with `error: `.
    pub fn error(&self, line: &str) {
        self.talk_line(&format!("{} {}", self.talk.brush.bold(Color::Red, "error:"), printable(line)));
    }

    /// Says a line that begins with `hint: `, unless quiet.
    pub fn hint(&self, line: &str) {
        self.say_painted(&format!("{} {}", self.talk.brush.bold(Color::Cyan, "hint:"), printable(line)));
    }

    /// Says a line on standard error, quiet or not.
    pub fn insist(&self, line: &str) {
        self.talk_line(&printable(line));
    }

    /// Puts a question on standard error; the answer goes on the same line.
    pub fn ask(&self, question: &str) {
        let _ = self.flush();
        self.clear_progress();
        let mut writer = self.talk.lock();
        let _ = writer.write_all(printable(question).as_bytes()).and_then(|()| writer.flush());
    }

    /// From now on nothing that is said looks like a command to the runner of a pipeline, but for [`Ui::commands`].
    pub fn keep_commands_apart(&self) {
        self.apart.store(true, Ordering::Relaxed);
    }

    /// Writes commands to the runner of a pipeline, whole lines, to standard error.
    pub fn commands(&self, lines: &str) {
        let _ = self.flush();
        self.clear_progress();
        let mut writer = self.talk.lock();
        let _ = writer.write_all(lines.as_bytes()).and_then(|()| writer.flush());
    }

    /// Shows how far the work is, in place of what was shown before; nothing where standard error is no terminal, or when quiet.
    pub fn progress(&self, line: &str) {
        self.progress_lines(&[line.to_owned()]);
    }

    /// The same with several lines, each cut to the width of the terminal.
    pub fn progress_lines(&self, lines: &[String]) {
        if self.quiet || !self.talk.is_terminal || lines.is_empty() {
            return;
        }
        let cut = |line: &String| one_line(line).chars().take(self.width.saturating_sub(1)).collect::<String>();
        let shown: Vec<String> = lines.iter().map(cut).collect();
        let mut standing = self.progress_shown();
        let mut writer = self.talk.lock();
        let _ = write!(writer, "{}{}", away(*standing), shown.join("\n")).and_then(|()| writer.flush());
        *standing = lines.len();
    }

    /// Takes the progress away.
    pub fn clear_progress(&self) {
        let standing = std::mem::take(&mut *self.progress_shown());
        if standing > 0 {
            let _ = self.talk.lock().write_all(away(standing).as_bytes());
        }
    }

    /// A line on standard error, after the data that was printed before it. A standard error that cannot be written leaves nobody
    /// to tell.
    fn talk_line(&self, line: &str) {
        let _ = self.flush();
        self.clear_progress();
        let line = if self.apart.load(Ordering::Relaxed) { apart(line) } else { Cow::Borrowed(line) };
        let mut writer = self.talk.lock();
        let _ = writer.write_all(format!("{line}\n").as_bytes()).and_then(|()| writer.flush());
    }

    fn progress_shown(&self) -> MutexGuard<'_, usize> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What takes so many lines of progress off a terminal; the cursor stands in the last of them.
fn away(lines: usize) -> String {
    match lines {
        0 | 1 => "\r\u{1b}[K".to_owned(),
        several => format!("\r\u{1b}[{}A\u{1b}[J", several - 1),
    }
}

/// Whether writing failed because the reader went away, as `head` does: the program then ends quietly.
#[must_use]
pub fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(choice: ColorChoice, is_terminal: bool, environment: &[(&str, &str)]) -> bool {
        choice.decide(is_terminal, |name| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn colour_follows_the_terminal_unless_told_otherwise() {
        use ColorChoice::{Always, Auto, Never};
        let cases = [
            (Auto, true, vec![], true),
            (Auto, false, vec![], false),
            (Auto, true, vec![("TERM", "dumb")], false),
            (Auto, true, vec![("NO_COLOR", "1")], false),
            (Auto, true, vec![("NO_COLOR", "")], true),
            (Auto, false, vec![("CLICOLOR_FORCE", "1")], true),
            (Auto, false, vec![("CLICOLOR_FORCE", "0")], false),
            (Auto, true, vec![("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Always, false, vec![("NO_COLOR", "1")], true),
            (Never, true, vec![("CLICOLOR_FORCE", "1")], false),
        ];
        for (choice, is_terminal, environment, expected) in cases {
            assert_eq!(decide(choice, is_terminal, &environment), expected, "{choice:?} {is_terminal} {environment:?}");
        }
    }

    #[test]
    fn data_and_talk_go_to_different_streams() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        ui.data("NAME\n").unwrap();
        ui.say("applying to the local store");
        ui.warning("odd");
        ui.error("bad");
        ui.hint("try again");
        ui.progress("1 of 2");
        assert_eq!(printed.stdout(), "NAME\n");
        assert_eq!(printed.stderr(), "applying to the local store\nwarning: odd\nerror: bad\nhint: try again\n");
    }

    #[test]
    fn nothing_that_was_written_elsewhere_steers_the_terminal() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        ui.say("a\u{1b}[2J");
        ui.warning("b\u{1b}c");
        ui.error("d\u{202e}");
        ui.hint("e\u{7}");
        assert_eq!(printed.stderr(), "a^[[2J\nwarning: b^[c\nerror: d\\u202e\nhint: e^G\n");
        ui.foreign_data("f\u{1b}\n").unwrap();
        assert_eq!(printed.stdout(), "f\u{1b}\n", "what is no terminal gets every byte");
    }

    #[test]
    fn nothing_that_is_said_is_a_command_to_a_runner_but_commands() {
        let (ui, printed) = Ui::buffered(false, true, 80);
        ui.error("a\n::error::b");
        ui.keep_commands_apart();
        ui.error("a\n::error::b ##[c]");
        ui.commands("::error::d\n");
        assert_eq!(printed.stderr(), "error: a\n::error::b\nerror: a\n:\u{200b}:error::b ##\u{200b}[c]\n::error::d\n");
    }

    #[test]
    fn quiet_keeps_data_warnings_and_errors() {
        let (ui, printed) = Ui::buffered(true, true, 80);
        ui.data("x\n").unwrap();
        ui.say("talk");
        ui.hint("talk");
        ui.error("bad");
        assert_eq!(printed.stdout(), "x\n");
        assert_eq!(printed.stderr(), "\u{1b}[1;31merror:\u{1b}[0m bad\n");
    }

    #[test]
    fn a_reader_that_went_away_is_told_apart_from_other_failures() {
        assert!(is_broken_pipe(&io::Error::from(io::ErrorKind::BrokenPipe)));
        assert!(!is_broken_pipe(&io::Error::from(io::ErrorKind::StorageFull)));
    }
}
