//! The corpora of the fuzz targets, replayed: what a fuzzer once found stays found.

use std::path::{Path, PathBuf};

use trueup::fuzzing::TARGETS;

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
