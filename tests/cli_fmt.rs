//! `wardbook fmt`: what it rewrites, what it leaves alone, and what it refuses.

mod support;

use std::fs;

use support::{Folder, snapshot};

const UNTIDY: &str = r#"{"Statement":{"Condition":{"StringEquals":{"kms:ViaService":["s3.eu-west-1.amazonaws.com","s3.eu-west-1.amazonaws.com"]},
 "Bool":{"aws:SecureTransport":true}},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":["*"],
 "Principal":{"Service":"s3.amazonaws.com","AWS":["arn:aws:iam::111122223333:role/report","111122223333"]},"Effect":"Allow"},
 "Version":"2012-10-17"}"#;

const TIDY: &str = "{\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\"\n    }\n  ]\n}\n";

#[test]
fn a_document_is_rewritten_once_and_then_left_alone() {
    let folder = Folder::new("once");
    folder.write("a.json", UNTIDY);
    let first = folder.run(&["fmt", "a.json"]);
    assert_eq!((first.code, &*first.stdout, &*first.stderr), (0, "a.json\n", ""));
    snapshot("fmt/document.json", &folder.read("a.json"));

    let before = fs::metadata(folder.path("a.json")).unwrap().modified().unwrap();
    let second = folder.run(&["fmt", "a.json"]);
    assert_eq!((second.code, &*second.stdout), (0, ""));
    assert_eq!(fs::metadata(folder.path("a.json")).unwrap().modified().unwrap(), before);
    assert_eq!(folder.names(), ["a.json"], "nothing is left beside the file");
}

#[test]
fn stdin_goes_to_stdout_and_broken_stdin_nowhere() {
    let folder = Folder::new("stdin");
    let run = folder.run_with(&["fmt", "-"], UNTIDY);
    assert_eq!(run.code, 0);
    snapshot("fmt/document.json", &run.stdout);
    assert_eq!(folder.run_with(&["fmt", "-"], TIDY).stdout, TIDY);

    let run = folder.run_with(&["fmt", "-"], "{\n  \"Statement\": [}\n}\n");
    assert_eq!((run.code, &*run.stdout), (2, ""));
    snapshot("fmt/stdin_broken.txt", &run.stderr);

    assert_eq!(folder.run_with(&["fmt", "-", "--check"], TIDY).code, 0);
    let check = folder.run_with(&["fmt", "-", "--check"], UNTIDY);
    assert_eq!((check.code, &*check.stdout), (1, "<stdin>\n"));
    for arguments in [&["fmt", "-", "a.json"][..], &["fmt", "-", "--format", "json"], &["fmt", "-", "--out", "json:x"]]
    {
        let run = folder.run_with(arguments, UNTIDY);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
    }
}

#[test]
fn check_writes_nothing_and_lists_what_would_change() {
    let folder = Folder::new("check");
    folder.write("b.json", UNTIDY).write("a.json", UNTIDY).write("tidy.json", TIDY);
    let run = folder.run(&["fmt", "--check"]);
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (1, "a.json\nb.json\n", ""));
    assert_eq!(folder.read("a.json"), UNTIDY);
    let tidy = folder.run(&["fmt", "--check", "tidy.json"]);
    assert_eq!((tidy.code, &*tidy.stdout), (0, ""));
    let json = folder.run(&["fmt", "--check", "--format", "json"]);
    assert_eq!(json.code, 1, "the format does not change the code");
    snapshot("fmt/check.json", &json.stdout);
    let both = folder.run(&["fmt", "--check", "--out", "json:report.txt"]);
    assert_eq!((both.code, &*both.stdout), (1, "2 would change, 1 unchanged, 0 refused\n"));
    assert_eq!(folder.read("report.txt"), json.stdout);
}

#[test]
fn a_folder_is_searched_for_policy_documents_only() {
    let folder = Folder::new("search");
    let template = r#"{"Resources": {"Role": {"Policies": [{"Statement": []}]}}}"#;
    folder
        .write("deep/er/policy.json", UNTIDY)
        .write("deep/policy.txt", UNTIDY)
        .write("package.json", r#"{"name": "x"}"#)
        .write("list.json", r#"["Statement"]"#)
        .write("template.json", template)
        .write("not-even.json", "// hello")
        .write("bytes.json", b"\xFF\xFE{}")
        .write(".hidden/policy.json", UNTIDY)
        .write("node_modules/x/policy.json", UNTIDY);
    let run = folder.run(&["fmt"]);
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "deep/er/policy.json\n", ""));
    assert_eq!(folder.read("template.json"), template);
    let run = folder.run(&["fmt", "--check", "node_modules"]);
    assert_eq!((run.code, &*run.stdout), (1, "node_modules/x/policy.json\n"));
}

#[test]
fn finding_nothing_is_bad_usage() {
    let folder = Folder::new("nothing");
    folder.write("empty/package.json", "{}");
    let here = folder.run(&["fmt"]);
    let there = folder.run(&["fmt", "empty"]);
    assert_eq!((here.code, &*here.stdout, here.stderr.trim()), (2, "", "error: no policy document below `.`"));
    assert_eq!((there.code, there.stderr.trim()), (2, "error: no policy document below `empty`"));
    let missing = folder.run(&["fmt", "missing.json"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("cannot read `missing.json`"), "{}", missing.stderr);
}

#[test]
fn a_document_with_a_problem_is_refused_and_the_others_are_done() {
    let refused = [
        ("syntax.json", "{\"Statement\": [\n  {\"Effect\": \"Allow\",}\n]}"),
        ("twice.json", "{\"Statement\": {\"Effect\": \"Deny\",\n  \"Effect\": \"Allow\"}}"),
        ("unknown.json", "{\"Statement\": {\"Effect\": \"Allow\",\n  \"Tags\": [], \"action\": \"kms:*\"}}"),
        ("key_twice.json", "{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:X\": true, \"AWS:x\": false}}}}"),
        ("empty.json", "{\"Statement\": []}"),
        ("other.json", "{\"Resources\": {}}"),
        ("list.json", "[]"),
        ("bytes.json", "{\"Statement\": \"\u{0}\"}"),
    ];
    let folder = Folder::new("refused");
    let mut arguments = vec!["fmt"];
    for (name, text) in refused {
        folder.write(name, text);
        arguments.push(name);
    }
    folder.write("z.json", UNTIDY);
    arguments.push("z.json");
    let run = folder.run(&arguments);
    assert_eq!((run.code, &*run.stdout), (2, "z.json\n"));
    snapshot("fmt/refused.txt", &run.stderr);
    for (name, text) in refused {
        assert_eq!(folder.read(name), text, "{name} must not be touched");
    }
    let check = folder.run(&["fmt", "--check", "syntax.json"]);
    assert_eq!(check.code, 2, "{}", check.stderr);
}

#[test]
fn what_is_found_and_speaks_of_statements_is_reported_if_it_is_broken() {
    let folder = Folder::new("found");
    folder.write("broken.json", "{\"Statement\": [}").write("whole.json", UNTIDY);
    let run = folder.run(&["fmt", "."]);
    assert_eq!((run.code, &*run.stdout), (2, "whole.json\n"));
    assert!(run.stderr.contains("broken.json:1:16"), "{}", run.stderr);
}

#[test]
fn what_is_not_utf_8_is_refused_and_a_byte_order_mark_goes() {
    let folder = Folder::new("encoding");
    folder.write("latin.json", b"{\"Statement\": \"\xE9\"}").write("mark.json", format!("\u{feff}{TIDY}"));
    let run = folder.run(&["fmt", "latin.json", "mark.json"]);
    assert_eq!((run.code, &*run.stdout), (2, "mark.json\n"));
    assert!(run.stderr.contains("latin.json:1:16: the text is not UTF-8"), "{}", run.stderr);
    assert_eq!(folder.read("mark.json"), TIDY);
}

#[test]
fn formats_that_it_does_not_have_are_refused_before_anything_is_written() {
    let folder = Folder::new("format");
    folder.write("a.json", UNTIDY);
    let run = folder.run(&["fmt", "--format", "junit"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert_eq!(folder.read("a.json"), UNTIDY);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay_and_write_protection_is_honored() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new("permissions");
    folder.write("a.json", UNTIDY).write("locked.json", UNTIDY).write("else/target.json", UNTIDY);
    let mode = |name: &str| fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(folder.path("a.json"), PermissionsExt::from_mode(0o640)).unwrap();
    fs::set_permissions(folder.path("locked.json"), PermissionsExt::from_mode(0o444)).unwrap();
    symlink("else/target.json", folder.path("link.json")).unwrap();

    let found = folder.run(&["fmt", "--check"]);
    assert_eq!(found.stdout, "a.json\nelse/target.json\nlocked.json\n", "a link is not followed");
    let run = folder.run(&["fmt", "a.json", "locked.json", "link.json"]);
    assert_eq!((run.code, &*run.stdout), (2, "a.json\nlink.json\n"));
    assert!(run.stderr.contains("cannot write `locked.json`: it is write-protected"), "{}", run.stderr);
    assert_eq!((mode("a.json"), mode("locked.json")), (0o640, 0o444));
    assert_eq!(folder.read("locked.json"), UNTIDY);
    assert!(fs::symlink_metadata(folder.path("link.json")).unwrap().is_symlink());
    assert_eq!(folder.read("else/target.json"), folder.read("a.json"));
}
