//! Expressions and what Terraform makes of them, worked out from its documentation.

use serde_json::{Value, json};

use crate::source::Source;
use crate::terraform::tests::evaluated;

/// The value of an expression in a module that has a few names.
fn value(expression: &str) -> (Value, Vec<String>) {
    let text = format!("{MODULE}\nresource \"aws_s3_bucket\" \"x\" {{\n  v = {expression}\n}}\n");
    let sources = [
        Source::new("main.tf", text),
        Source::new("policies/a.json", "{\"Sid\": \"A\"}"),
        Source::new("policies/t.tpl", "%{ for name in names ~}\n<${name}>\n%{ endfor ~}\nend"),
    ];
    let (mut found, problems) = evaluated(&sources, "aws_s3_bucket.x");
    (found["v"].take(), problems)
}

const MODULE: &str = r#"
variable "open" {}
variable "list" { default = ["b", "a", "b", ""] }
variable "typed" {
  type = object({
    name  = string
    alias = optional(string)
    days  = optional(number, 7)
    tags  = optional(set(string), [])
  })
  default = { name = "n" }
}
locals {
  a    = "x"
  b    = "${local.a}y"
  map  = { z = 1, a = "two", "k k" = true }
  deep = { keys = [{ name = "one", on = true }, { name = "two", on = false }] }
}
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "r" { name = "r" }
resource "aws_kms_key" "many" { count = 2 }
resource "aws_kms_key" "open" { count = length(var.open) }
resource "aws_kms_key" "each" { for_each = toset(["eu", "us"]) }
"#;

/// Expressions whose value is known.
const KNOWN: &[(&str, &str)] = &[
    // Literals and operators.
    (r#""a\tb\u00e9\\" "#, r#""a\tbé\\""#),
    (r#""$${x} %%{y} $x""#, r#""${x} %{y} $x""#),
    ("1 + 2 * 3 - 4 / 2", "5"),
    ("7 % 4", "3"),
    ("1 / 4", "0.25"),
    ("-(3)", "-3"),
    ("1 < 2 && !(2 >= 3) || false", "true"),
    (r#""a" == "a" && 1 != 2 && [1] == [1] && {a = 1} != {a = 2}"#, "true"),
    (r#"true ? "yes" : "no""#, r#""yes""#),
    ("null", "null"),
    ("[1, [2, 3], {}]", "[1, [2, 3], {}]"),
    (r#"{ a = 1, "b" = 2, (local.b) = 3 }"#, r#"{"a": 1, "b": 2, "xy": 3}"#),
    // Names.
    ("local.b", r#""xy""#),
    ("local.map.a", r#""two""#),
    (r#"local.map["k k"]"#, "true"),
    ("var.list[1]", r#""a""#),
    ("local.deep.keys[*].name", r#"["one", "two"]"#),
    ("local.deep.keys.0.name", r#""one""#),
    ("var.typed", r#"{"name": "n", "alias": null, "days": 7, "tags": []}"#),
    // Repetition.
    (r#"[for x in var.list : upper(x) if x != ""]"#, r#"["B", "A", "B"]"#),
    (r#"[for k, v in local.map : "${k}=${v}"]"#, r#"["a=two", "k k=true", "z=1"]"#),
    ("{for k in local.deep.keys : k.name => k.on}", r#"{"one": true, "two": false}"#),
    (r#"{for i, x in var.list : x => i... if x != ""}"#, r#"{"a": [1], "b": [0, 2]}"#),
    // Templates.
    (r#""${local.a}-${1}-${true}""#, r#""x-1-true""#),
    (r#""${[1]}""#, "[1]"),
    (r#""%{ if local.a == "x" }yes%{ else }no%{ endif }!""#, r#""yes!""#),
    (r#""%{ for x in ["a", "b"] }<${x}>%{ endfor }""#, r#""<a><b>""#),
    (r#""a ${~ local.a ~} b""#, r#""axb""#),
    ("<<EOT\n  one\n two\nEOT\n", r#""  one\n two\n""#),
    ("<<-EOT\n    one\n      two ${local.a}\n    EOT\n", r#""one\n  two x\n""#),
    // Functions of collections.
    (r#"concat(["a"], [], ["b"])"#, r#"["a", "b"]"#),
    ("compact(var.list)", r#"["b", "a", "b"]"#),
    ("distinct(var.list)", r#"["b", "a", ""]"#),
    ("toset(var.list)", r#"["", "a", "b"]"#),
    ("sort(var.list)", r#"["", "a", "b", "b"]"#),
    ("flatten([[1, [2]], [], 3])", "[1, 2, 3]"),
    ("merge({a = 1, b = 2}, {b = 3}, null)", r#"{"a": 1, "b": 3}"#),
    ("keys(local.map)", r#"["a", "k k", "z"]"#),
    ("values({b = 2, a = 1})", "[1, 2]"),
    (r#"[lookup(local.map, "a"), lookup(local.map, "q", "d")]"#, r#"["two", "d"]"#),
    ("[element(var.list, 5), length(var.list), length(local.map), length(\"é\")]", r#"["a", 4, 3, 1]"#),
    (r#"[contains(var.list, "a"), contains(var.list, "q")]"#, "[true, false]"),
    (r#"coalesce(null, "", "c")"#, r#""c""#),
    (r#"coalescelist([], ["c"])"#, r#"["c"]"#),
    ("range(3)", "[0, 1, 2]"),
    ("range(5, 0, -2)", "[5, 3, 1]"),
    ("slice([1, 2, 3], 1, 3)", "[2, 3]"),
    ("one([])", "null"),
    (r#"setsubtract(["a", "b"], ["b"])"#, r#"["a"]"#),
    (r#"setunion(["b"], ["a", "b"])"#, r#"["a", "b"]"#),
    (r#"setintersection(["b", "c"], ["a", "b"])"#, r#"["b"]"#),
    (r#"zipmap(["a"], [1])"#, r#"{"a": 1}"#),
    ("concat([1, 2]...)", "\"problem\""),
    ("merge([{a = 1}, {b = 2}]...)", r#"{"a": 1, "b": 2}"#),
    // Functions of texts.
    (r#"format("%s-%d%%-%v-%q", "a", 3, true, "q")"#, r#""a-3%-true-\"q\"""#),
    (r#"formatlist("arn:%s:%s", ["a", "b"], "c")"#, r#"["arn:a:c", "arn:b:c"]"#),
    (r#"join("-", ["a", "b"], ["c"])"#, r#""a-b-c""#),
    (r#"split(",", "a,b,")"#, r#"["a", "b", ""]"#),
    (
        r#"[lower("ÄB"), upper("b"), trimspace(" a "), trimprefix("ab", "a"), trimsuffix("ab", "b"), trim("?a?", "?")]"#,
        r#"["äb", "B", "a", "b", "a", "a"]"#,
    ),
    (r#"replace("a.b.c", ".", "/")"#, r#""a/b/c""#),
    (r#"[startswith("ab", "a"), endswith("ab", "a"), strcontains("abc", "b")]"#, "[true, false, true]"),
    (r#"[substr("hello", 1, 3), substr("hello", -2, -1)]"#, r#"["ell", "lo"]"#),
    (r#"[tostring(1), tonumber("2"), tobool("true")]"#, r#"["1", 2, true]"#),
    // Encoding, files, what may fail.
    (r#"jsonencode({b = [1, null], a = "<\"é\">"})"#, r#""{\"a\":\"\\u003c\\\"é\\\"\\u003e\",\"b\":[1,null]}""#),
    (r#"jsondecode("{\"a\": [1]}").a[0]"#, "1"),
    (r#"jsondecode(jsonencode({a = local.b})).a"#, r#""xy""#),
    (r#"file("policies/a.json")"#, r#""{\"Sid\": \"A\"}""#),
    (r#"file("${path.module}/policies/../policies/a.json")"#, r#""{\"Sid\": \"A\"}""#),
    (r#"templatefile("policies/t.tpl", { names = ["a", "b"] })"#, r#""<a>\n<b>\nend""#),
    (r#"try(local.map.q, local.map["w"], "d")"#, r#""d""#),
    (r#"[can(local.map.q), can(local.map.a)]"#, "[false, true]"),
    (r#"nonsensitive(sensitive("s"))"#, r#""s""#),
];

/// Expressions that are not known, or only in part: the symbols say on what they turn.
const OPEN: &[(&str, &str)] = &[
    ("var.open", r#""⟦#var.open⟧""#),
    (r#""a-${var.open}""#, r#""a-⟦#var.open⟧""#),
    ("data.aws_caller_identity.me.account_id", r#""⟦#AccountId⟧""#),
    ("aws_iam_role.r.arn", r#""arn:aws:iam::⟦#AccountId⟧:role/r""#),
    ("aws_iam_role.r.unique_id", r#""⟦#aws_iam_role.r.unique_id⟧""#),
    ("aws_kms_key.many[1].key_id", r#""⟪#aws_kms_key.many=1⟫""#),
    ("aws_kms_key.many[*].key_id", r#"["⟪#aws_kms_key.many=0⟫", "⟪#aws_kms_key.many=1⟫"]"#),
    (r#"aws_kms_key.each["eu"].key_id"#, r#""⟪#aws_kms_key.each=eu⟫""#),
    (
        "{for k, v in aws_kms_key.each : k => v.key_id}",
        r#"{"eu": "⟪#aws_kms_key.each=eu⟫", "us": "⟪#aws_kms_key.each=us⟫"}"#,
    ),
    ("aws_kms_key.open[0].key_id", r#""⟦#aws_kms_key.open=0.key_id⟧""#),
    (r#"concat(["a"], var.open)"#, r#"["a", "⟦#var.open⟧"]"#),
    (r#"compact(["a", var.open])"#, r#"["a", "⟦#var.open⟧"]"#),
    ("distinct([\"a\", var.open, \"a\", var.open])", r#"["a", "⟦#var.open⟧"]"#),
    ("var.open ? 1 : 1", "1"),
    (r#"[for x in concat(["a"], var.open) : "<${x}>"]"#, "\"unknown\""),
    ("contains([\"a\", var.open], \"a\")", "true"),
    ("contains([\"a\", var.open], \"b\")", "\"unknown\""),
    ("length(concat([1], var.open))", "\"unknown\""),
    ("lower(var.open) == lower(var.open)", "true"),
    ("lower(var.open) == upper(var.open)", "\"unknown\""),
    ("try(var.open.x, \"d\")", "\"unknown\""),
    (r#"jsonencode({a = var.open, b = "x${var.open}"})"#, r#""{\"a\":\"⟦#var.open⟧\",\"b\":\"x⟦#var.open⟧\"}""#),
    ("uuid()", "\"unknown\""),
    ("sha256(\"a\")", "\"unknown\""),
    ("replace(\"ab\", \"/a/\", \"c\")", "\"unknown\""),
];

/// Expressions that are wrong, and what is said of them.
const WRONG: &[(&str, &str)] = &[
    ("local.q", "there is no local value `q` in this module"),
    ("var.q", "there is no variable `q` in this module"),
    ("aws_kms_key.q.arn", "there is no `aws_kms_key.q` in this module"),
    ("local.map.q", "there is no `q` in this object"),
    ("var.list[9]", "there is no element 9 in this list"),
    ("aws_kms_key.many[2].arn", "there is no element 2 in this list"),
    ("1 + \"a\"", "`+` takes numbers"),
    ("1 % 0", "`%` gives no number here"),
    ("\"a\" ? 1 : 2", "the condition of `? :` is neither true nor false"),
    ("lower()", "`lower` does not take 0 arguments"),
    ("concat(\"a\")", "`concat` takes lists"),
    ("format(\"%s\")", "`format` has fewer values than verbs"),
    ("jsondecode(\"{\")", "expected"),
    ("file(\"../../secret\")", "cannot be read"),
    ("file(\"/etc/passwd\")", "outside the folder that was given"),
    ("file(\"q.json\")", "cannot be read"),
    ("\"${local.map}\"", "\"ok\""),
    ("\"a${local.map}\"", "only texts, numbers and booleans can stand inside a string"),
];

#[test]
fn what_is_known_has_its_value() {
    for (expression, wanted) in KNOWN {
        let (found, problems) = value(expression);
        if *wanted == "\"problem\"" {
            assert!(!problems.is_empty(), "{expression}");
            continue;
        }
        assert_eq!(found, serde_json::from_str::<Value>(wanted).unwrap(), "{expression}: {problems:?}");
        assert!(problems.is_empty(), "{expression}: {problems:?}");
    }
}

#[test]
fn what_is_not_known_is_a_symbol() {
    for (expression, wanted) in OPEN {
        let (found, problems) = value(expression);
        assert!(problems.is_empty(), "{expression}: {problems:?}");
        match *wanted {
            "\"unknown\"" => {
                let text = found.to_string();
                assert!(text.contains('⟦'), "{expression}: {text}");
            }
            wanted => assert_eq!(found, serde_json::from_str::<Value>(wanted).unwrap(), "{expression}"),
        }
    }
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    for (expression, wanted) in WRONG {
        let (found, problems) = value(expression);
        if *wanted == "\"ok\"" {
            assert!(problems.is_empty() && found.is_object(), "{expression}: {problems:?}");
            continue;
        }
        assert_eq!(problems.len(), 1, "{expression}: {problems:?}");
        assert!(problems[0].contains(wanted), "{expression}: {problems:?}");
        let (path, rest) = problems[0].split_once(':').unwrap();
        let line: usize = rest.split(':').next().unwrap().parse().unwrap();
        assert!(path == "main.tf" && line > 20, "{expression}: {problems:?}");
        assert!(found.as_str().is_none_or(|text| text.contains('⟦')), "{expression}: {found}");
    }
}

#[test]
fn different_arguments_are_never_taken_for_the_same_value() {
    let texts = ["f(\"a\", \"b\")", "f(\"a.b\")", "f(\"a\",\"b\",\"\")", "g(\"a\", \"b\")"].map(|text| value(text).0);
    for (index, one) in texts.iter().enumerate() {
        assert!(texts.iter().skip(index + 1).all(|other| one != other), "{texts:?}");
    }
    assert_eq!(value("f(\"a\")").0, value("f(\"a\")").0);
    assert_eq!(json!(value("[uuid(), uuid()]").0.as_array().unwrap().len()), json!(2));
    let two = value("[uuid(), uuid()]").0;
    assert_ne!(two[0], two[1]);
}
