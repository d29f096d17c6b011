//! The corpora of the fuzz targets, replayed: what a fuzzer once found stays found.

use std::path::{Path, PathBuf};

use trueup::fuzzing::{TARGETS, as_protobuf_kind, protobuf_kinds};

use crate::weight::built_in;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = read.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_file_of_every_corpus_passes_its_target() {
    for (target, body) in TARGETS {
        let corpus = folder().join("corpus").join(target);
        let files = names(&corpus);
        assert!(!files.is_empty(), "the corpus of {target} is empty");
        for file in files {
            // Shown where the test fails: the body's panic does not know the file.
            println!("{target}/{file}");
            body(&std::fs::read(corpus.join(file)).unwrap());
        }
    }
}

/// How often each file is changed at random; `TRUEUP_MUTATIONS=10000` is the poor man's fuzzer.
const MUTATIONS: u64 = 20;

/// What a mutation puts in: what parsers and rules branch on.
const TOKENS: [&str; 48] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e9",
    "9223372036854775807",
    "18446744073709551616",
    "\"\"",
    "\"name\"",
    "\"a\"",
    "\"$patch\":\"delete\"",
    "\"$patch\":\"replace\"",
    "\"default\":{}",
    "\"nullable\":true",
    "\"type\":\"string\"",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "\u{e9}",
    "\n",
    "\n---\n",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: ",
    "|\n ",
    "!!x ",
    "#",
    "self.",
    "x, x",
    ".map(x, ",
    ")",
    "(",
    " + ",
    " / 0",
    "1Gi",
    "2026-11-22T10:00:00Z",
    "10.0.0.0/8",
];

/// A generator of numbers that repeat from run to run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    /// A part of some bytes, at most 32 of them long.
    fn part<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let start = self.below(bytes.len() + 1);
        &bytes[start..(start + self.below(33)).min(bytes.len())]
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(17)).min(bytes.len());
        let new = match self.below(5) {
            0 => Vec::new(),
            1 => vec![u8::try_from(self.below(256)).unwrap()],
            2 => self.part(other).to_vec(),
            3 => self.part(&bytes.clone()).to_vec(),
            _ => TOKENS[self.below(TOKENS.len())].as_bytes().to_vec(),
        };
        let end = if self.below(2) == 0 { at } else { end };
        bytes.splice(at..end, new);
    }
}

#[test]
fn what_is_nearly_a_file_of_a_corpus_passes_its_target_too() {
    let rounds = std::env::var("TRUEUP_MUTATIONS").map_or(MUTATIONS, |text| text.parse().unwrap());
    for (target, body) in TARGETS {
        let corpus = folder().join("corpus").join(target);
        let files: Vec<Vec<u8>> = names(&corpus).iter().map(|file| std::fs::read(corpus.join(file)).unwrap()).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for round in 0..rounds {
            for (number, file) in files.iter().enumerate() {
                let mut bytes = file.clone();
                for _ in 0..=random.below(4) {
                    let other = &files[random.below(files.len())];
                    random.change(&mut bytes, other);
                }
                println!("{target}, file {number}, round {round}: {:?}", String::from_utf8_lossy(&bytes));
                body(&bytes);
            }
        }
    }
}

#[test]
fn every_kind_filled_to_the_last_field_and_nearly_so_passes_in_protobuf() {
    let rounds = std::env::var("TRUEUP_MUTATIONS").map_or(MUTATIONS / 5, |text| text.parse().unwrap());
    let messages: Vec<Vec<u8>> = built_in().iter().filter_map(as_protobuf_kind).collect();
    assert!(messages.len() > 50, "{}", messages.len());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (number, message) in messages.iter().enumerate() {
        protobuf_kinds(message);
        for round in 0..rounds {
            let mut bytes = message.clone();
            for _ in 0..=random.below(4) {
                let other = &messages[random.below(messages.len())];
                random.change(&mut bytes, other);
            }
            println!("message {number}, round {round}: {}", bytes.escape_ascii());
            protobuf_kinds(&bytes);
        }
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_there_are_no_others() {
    let mut targets: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    targets.sort();
    assert_eq!(names(&folder().join("corpus")), targets);
    let programs: Vec<String> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder().join("fuzz_targets")), programs);
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for target in &targets {
        assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target} is not built");
        let program = std::fs::read_to_string(folder().join(format!("fuzz_targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("trueup::fuzzing::{target}(")), "{program}");
    }
}

#[test]
fn what_nests_without_end_is_refused_and_never_overflows_the_stack() {
    let depth = 200_000;
    let nested = |open: &str, core: &str, close: &str| format!("{}{core}{}", open.repeat(depth), close.repeat(depth));
    let (list, object) = (nested("[", "", "]"), nested("{\"a\":", "1", "}"));
    let texts = [
        list.clone(),
        object.clone(),
        format!("{object}\n{list}"),
        format!("{{}}\n{list}"),
        nested("{\"f:a\":", "{}", "}"),
        nested("{\"type\":\"object\",\"properties\":{\"a\":", "{}", "}}"),
        nested("- ", "a", ""),
        nested("? ", "a", ""),
        nested("a: {", "", "}"),
        nested("(", "1", ")"),
        nested("!", "true", ""),
        nested("-", "1", ""),
        nested("1+", "1", ""),
        nested("a.", "b", ""),
        nested("true ? ", "true", " : false"),
        nested("[[1].map(x, ", "x", ")]"),
        nested("'a'.replace(", "'b'", ")"),
    ];
    for (target, body) in TARGETS {
        for (number, text) in texts.iter().enumerate() {
            println!("{target} on text {number}");
            body(text.as_bytes());
        }
    }
    // An envelope of ConfigMap whose message opens groups without end.
    let groups = [b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x80\x80\x04".as_slice(), &vec![0x0b; 1 << 16]].concat();
    trueup::fuzzing::protobuf(&groups);
}
