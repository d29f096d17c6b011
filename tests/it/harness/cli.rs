//! The real program in a world of its own.
//!
//! A [`TestEnv`] gives it an empty environment with folders for home and temporary files, a clock that stands still, ids that repeat
//! from one test run to the next, and a terminal width. What comes out is compared whole. Invariant: nothing of the machine the tests
//! run on shows in what is compared.

use std::cell::Cell;
use std::fmt;
use std::io::{BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The time at which everything happens unless a test says otherwise.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// After this long a program that should have said something has failed; no test waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Compares everything that a run of the program gave with what is written in the test.
macro_rules! assert_shows {
    ($output:expr, @$expected:literal) => {{
        let output = $output;
        insta::assert_snapshot!(output.shown(), @$expected);
    }};
}
pub(crate) use assert_shows;

/// A folder with manifests, a store and a home, and an empty environment.
pub(crate) struct TestEnv {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    time: Cell<Option<&'static str>>,
    /// How many programs were started; each gets ids of its own.
    runs: Cell<u32>,
}

impl TestEnv {
    /// A world whose default target is the local store in `store`.
    pub(crate) fn new() -> Self {
        Self::without_target().with("TRUEUP_LOCAL", "store")
    }

    /// A world in which no target is named.
    pub(crate) fn without_target() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, variables: Vec::new(), time: Cell::new(Some(NOW)), runs: Cell::new(0) }
    }

    /// Sets an environment variable for all programs.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the clock for the programs to come.
    pub(crate) fn at(&self, time: &'static str) {
        self.time.set(Some(time));
    }

    /// Lets the clock run for the programs to come: certificates are checked against the system's.
    pub(crate) fn at_present(&self) {
        self.time.set(None);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders it is in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Runs the program with arguments as a shell would part them at blanks.
    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.run_with_input(arguments, "")
    }

    /// Runs the program with something on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &str, input: &str) -> Output {
        let mut command = self.command();
        command.args(arguments.split(' ').filter(|argument| !argument.is_empty()));
        self.finish(command, &format!("trueup {arguments}"), input)
    }

    /// Runs a line in the shell, in which `trueup` is the program.
    pub(crate) fn shell(&self, line: &str) -> Output {
        let mut command = self.program("sh");
        let program = format!("trueup() {{ '{}' \"$@\"; }}\n{line}", env!("CARGO_BIN_EXE_trueup"));
        command.args(["-c", &program]).env("PATH", "/usr/bin:/bin");
        self.finish(command, line, "")
    }

    /// Makes a state that the test only stands on.
    pub(crate) fn prepare(&self, arguments: &str) {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output}");
    }

    /// Starts the program and leaves it running.
    pub(crate) fn start(&self, arguments: &str) -> Running {
        let mut command = self.command();
        command.args(arguments.split(' '));
        Running::start(self.piped(command), format!("trueup {arguments}"), self.path(""))
    }

    /// Starts a line in the shell and leaves it running.
    pub(crate) fn start_shell(&self, line: &str) -> Running {
        let mut command = self.program("sh");
        command.args(["-c", line]).env("PATH", "/usr/bin:/bin");
        Running::start(self.piped(command), line.to_owned(), self.path(""))
    }

    fn command(&self) -> Command {
        self.program(env!("CARGO_BIN_EXE_trueup"))
    }

    fn program(&self, program: &str) -> Command {
        let run = self.runs.get() + 1;
        self.runs.set(run);
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        for (variable, folder) in [("XDG_DATA_HOME", "home/data"), ("XDG_CONFIG_HOME", "home/config"), ("XDG_CACHE_HOME", "home/cache")] {
            command.env(variable, self.path(folder));
        }
        command.env("COLUMNS", "100");
        if let Some(time) = self.time.get() {
            command.env("TRUEUP_PINNED_TIME", format!("{time}#{run}"));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn piped(&self, mut command: Command) -> Child {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn finish(&self, command: Command, line: &str, input: &str) -> Output {
        let mut child = self.piped(command);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A program that reads nothing closes the pipe early, which is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Output::new(line, self.folder.path(), &output.stdout, &output.stderr, output.status)
    }
}

/// What a program left behind. Printed in full where the test fails.
#[must_use]
pub(crate) struct Output {
    pub(crate) command: String,
    pub(crate) folder: PathBuf,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: ExitStatus,
}

impl Output {
    fn new(command: &str, folder: &Path, stdout: &[u8], stderr: &[u8], status: ExitStatus) -> Self {
        let folder_name = folder.to_str().unwrap();
        let text = |bytes: &[u8]| as_it_stays(&String::from_utf8_lossy(bytes)).replace(folder_name.trim_end_matches('/'), "[DIR]");
        Self { command: command.to_owned(), folder: folder.to_owned(), stdout: text(stdout), stderr: text(stderr), status }
    }

    /// Both streams and the exit status as one text.
    pub(crate) fn shown(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("[stderr]\n");
            text.push_str(&self.stderr);
        }
        match self.status.code() {
            Some(0) => {}
            Some(code) => text.push_str(&format!("[exit {code}]\n")),
            None => text.push_str(&format!("[{}]\n", self.status)),
        }
        text
    }

    /// The same with something that differs from run to run replaced.
    pub(crate) fn replacing(mut self, from: &str, to: &str) -> Self {
        for stream in [&mut self.stdout, &mut self.stderr] {
            *stream = stream.replace(from, to);
        }
        self
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Where the test fails, the whole output is worth reading whatever was compared.
    pub(crate) fn tell(&self) {
        eprintln!("{self}");
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, folder, stdout, stderr, status } = self;
        write!(f, "$ {command}\nin {}: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}---", folder.display())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell();
        }
    }
}

/// Waits until something holds that nobody tells of.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it never came true that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A line of one of a program's streams.
enum Line {
    Stdout(String),
    Stderr(String),
}

/// A program that runs beside the test; it is killed where the test forgets it.
pub(crate) struct Running {
    child: Child,
    command: String,
    folder: PathBuf,
    lines: Receiver<Line>,
    stdout: String,
    stderr: String,
    /// Kept open, so that the program's standard input does not end.
    stdin: ChildStdin,
}

impl Running {
    fn start(mut child: Child, command: String, folder: PathBuf) -> Self {
        let (sender, lines) = channel();
        let (mut stdout, mut stderr) = (BufReader::new(child.stdout.take().unwrap()), BufReader::new(child.stderr.take().unwrap()));
        let other = sender.clone();
        std::thread::spawn(move || each_line(&mut stdout, |line| drop(sender.send(Line::Stdout(line)))));
        std::thread::spawn(move || each_line(&mut stderr, |line| drop(other.send(Line::Stderr(line)))));
        let stdin = child.stdin.take().unwrap();
        Self { child, command, folder, lines, stdout: String::new(), stderr: String::new(), stdin }
    }

    /// Waits until a line of either stream holds a text; answers the line.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("{} never said {text:?}\n--- stdout\n{}--- stderr\n{}", self.command, self.stdout, self.stderr)
            };
            let line = self.remember(line);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Types what is no line, such as a control character.
    pub(crate) fn type_key(&mut self, key: char) {
        write!(self.stdin, "{key}").unwrap();
        self.stdin.flush().unwrap();
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    /// Whether a line of either stream so far holds a text.
    pub(crate) fn has_said(&mut self, text: &str) -> bool {
        while let Ok(line) = self.lines.try_recv() {
            self.remember(line);
        }
        self.stdout.contains(text) || self.stderr.contains(text)
    }

    fn remember(&mut self, line: Line) -> String {
        let (stream, line) = match line {
            Line::Stdout(line) => (&mut self.stdout, line),
            Line::Stderr(line) => (&mut self.stderr, line),
        };
        stream.push_str(&line);
        line
    }

    /// Waits until the program catches a signal, by its number, which would end it otherwise, or has ended by itself.
    #[cfg(target_os = "linux")]
    pub(crate) fn wait_until_it_catches(&self, signal: u32) {
        let status = format!("/proc/{}/status", self.child.id());
        until(&format!("{} catches signal {signal}", self.command), || {
            let status = std::fs::read_to_string(&status).unwrap();
            let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
            let catches = u64::from_str_radix(value("SigCgt:"), 16).unwrap() & (1 << (signal - 1)) != 0;
            catches || value("State:").starts_with('Z')
        });
    }

    /// Sends a signal such as `INT`, as a terminal does.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill: {sent}");
    }

    /// Waits for the end and answers everything that was said.
    pub(crate) fn end(mut self) -> Output {
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.remember(line);
        }
        Output::new(&self.command, &self.folder, self.stdout.as_bytes(), self.stderr.as_bytes(), status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What stays on a screen: without the progress that was taken away again, which is there or not as the machine is slow or fast.
fn as_it_stays(text: &str) -> String {
    let mut stays = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\r\u{1b}[") {
        stays.push_str(before);
        let above = after.split_once("A\u{1b}[J").and_then(|(count, after)| Some((count.parse::<usize>().ok()?, after)));
        if let Some((lines, after)) = above.or_else(|| after.strip_prefix('K').map(|after| (0, after))) {
            let drawn = stays.rmatch_indices('\n').nth(lines).map_or(0, |(end_of_line, _)| end_of_line + 1);
            stays.truncate(drawn);
            rest = after;
        } else {
            stays.push_str("\r\u{1b}[");
            rest = after;
        }
    }
    stays + rest
}

#[test]
fn progress_that_was_taken_away_does_not_stay() {
    assert_eq!(as_it_stays("a\r\nfar\r\u{1b}[Kfarther\r\u{1b}[Kb\r\n"), "a\r\nb\r\n");
    assert_eq!(as_it_stays("a\nwaiting\n  for b\r\u{1b}[1A\u{1b}[Jb\n"), "a\nb\n");
    assert_eq!(as_it_stays("a\r\u{1b}[31mred"), "a\r\u{1b}[31mred");
}

/// Hands on each line as it comes, and like a line what a terminal draws over (which ends in a carriage return) and a question.
fn each_line(stream: &mut impl Read, mut take: impl FnMut(String)) {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).is_ok_and(|read| read > 0) {
        bytes.push(byte[0]);
        if matches!(byte[0], b'\n' | b'\r') || bytes.ends_with(b"[y/N] ") {
            take(String::from_utf8_lossy(&std::mem::take(&mut bytes)).into_owned());
        }
    }
    take(String::from_utf8_lossy(&bytes).into_owned());
}
