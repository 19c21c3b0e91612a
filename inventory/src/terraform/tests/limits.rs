//! Every limit, just under and just over it, and input that is built to explode.

use std::fmt::Write as _;

use super::*;
use crate::limits::*;

fn one(text: String) -> (Value, Vec<String>) {
    evaluated(&[Source::new("main.tf", text)], "x.x")
}

/// Locals that lead to one another, `l0` being the first.
fn chain(length: usize, first: &str, step: impl Fn(usize) -> String) -> String {
    let mut text = format!("locals {{\n  l0 = {first}\n");
    for index in 1..=length {
        writeln!(text, "  l{index} = {}", step(index - 1)).unwrap();
    }
    text + "}\n"
}

#[test]
fn values_nest_to_a_depth() {
    // Asked for from the innermost, so that no expression is deep.
    let nested = |depth: usize| {
        let mut text = chain(depth - 1, "[]", |before| format!("[local.l{before}]"));
        for index in 0..depth {
            writeln!(text, "resource \"y\" \"y{index:03}\" {{\n v = local.l{index} == []\n}}").unwrap();
        }
        one(text + &format!("resource \"x\" \"x\" {{\n v = length(local.l{})\n}}", depth - 1)).0["v"].clone()
    };
    let depth = usize::from(TERRAFORM_VALUE_DEPTH_MAX);
    assert_eq!(nested(depth), json!(1));
    assert!(nested(depth + 1).as_str().unwrap().contains("nests.too.deeply"));
}

#[test]
fn expressions_lead_to_one_another_over_so_many_steps() {
    let of = |length: usize| {
        let text = chain(length, "1", |before| format!("local.l{before}"));
        one(text + &format!("resource \"x\" \"x\" {{\n v = local.l{length}\n}}"))
    };
    let (found, problems) = of(TERRAFORM_EXPRESSION_DEPTH_MAX - 2);
    assert_eq!((&found["v"], problems), (&json!(1), vec![]));
    let (_, problems) = of(TERRAFORM_EXPRESSION_DEPTH_MAX - 1);
    assert!(problems[0].contains("over more than 200 steps"), "{problems:?}");
}

#[test]
fn what_is_defined_by_way_of_itself_ends() {
    let (_, problems) = one("locals {\n a = local.b\n b = local.a\n}\nresource \"x\" \"x\" { v = local.a }".into());
    assert_eq!(problems, ["main.tf:3:6: `local.a` is defined by way of itself"]);
    let (found, problems) = one("resource \"x\" \"x\" { v = x.x.v }".into());
    assert!(problems.is_empty() || problems[0].contains("by way of itself"), "{problems:?}");
    assert!(found["v"].as_str().unwrap().contains('⟦'), "{found}");
    let (_, problems) = one("resource \"x\" \"x\" {\n count = length(x.x)\n}".into());
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn evaluation_takes_so_many_steps() {
    let of = |count: usize| one(format!("resource \"x\" \"x\" {{\n v = length(range({count}))\n}}"));
    // Two steps are the expressions themselves.
    assert_eq!(of(TERRAFORM_STEPS_MAX - 10).0["v"], json!(TERRAFORM_STEPS_MAX - 10));
    let (found, problems) = of(TERRAFORM_STEPS_MAX);
    assert!(problems[0].contains("takes more than 2000000 steps"), "{problems:?}");
    assert!(found["v"].as_str().unwrap().contains('⟦'));
}

#[test]
fn all_root_modules_together_take_so_many_steps() {
    let mut folders = Folders::default();
    let mut work = Work { steps: 5, ..Work::default() };
    let source = Source::new("main.tf", "resource \"x\" \"x\" {\n v = [1, 2, 3, 4, 5]\n}");
    folders.add(&source, Role::Module, &mut work.joined).unwrap();
    let found = evaluate(&folders, "", &mut work, &mut |_| Err(String::new()));
    assert_eq!((found.problems.len(), work.steps), (1, 0));
    let mut work = Work { steps: 6, ..Work::default() };
    let mut folders = Folders::default();
    folders.add(&source, Role::Module, &mut work.joined).unwrap();
    let found = evaluate(&folders, "", &mut work, &mut |_| Err(String::new()));
    assert_eq!((found.problems.len(), work.steps), (0, 0));
    assert_eq!(Work::default().steps, TERRAFORM_STEPS_TOTAL);
}

#[test]
fn texts_and_lists_that_double_end() {
    for (first, step) in [("\"xxxxxxxxxxxxxxxx\"", "\"${local.lN}${local.lN}\""), ("[1]", "concat(local.lN, local.lN)")]
    {
        let text = chain(64, first, |before| step.replace("lN", &format!("l{before}")));
        let (_, problems) = one(text + "resource \"x\" \"x\" {\n v = local.l64\n}");
        assert!(problems[0].contains("takes more than 2000000 steps"), "{problems:?}");
    }
    let nested = "for x in range(1000) : ".to_owned();
    let text = format!("resource \"x\" \"x\" {{\n v = [{nested}[{nested}[{nested} x]]]\n}}");
    assert!(one(text).1[0].contains("takes more than 2000000 steps"));
}

#[test]
fn a_block_stands_so_many_times() {
    let of = |count: &str| {
        let mut work = Work::default();
        let mut folders = Folders::default();
        let source = Source::new("main.tf", format!("resource \"x\" \"x\" {{\n count = {count}\n}}"));
        folders.add(&source, Role::Module, &mut work.joined).unwrap();
        evaluate(&folders, "", &mut work, &mut |_| Err(String::new()))
    };
    let found = of(&TERRAFORM_INSTANCES_MAX.to_string());
    assert_eq!((found.resources.len(), found.problems.len()), (TERRAFORM_INSTANCES_MAX, 0));
    for count in [(TERRAFORM_INSTANCES_MAX + 1).to_string(), "1000000000".into(), "1e30".into()] {
        let found = of(&count);
        assert_eq!((found.resources.len(), found.problems.len()), (1, 1), "{count}");
        assert!(found.resources[0].is_symbolic);
    }
    let dynamic = |count: usize| {
        let block = format!("dynamic \"b\" {{\n for_each = range({count})\n content {{\n i = b.value\n }}\n}}");
        one(format!("resource \"x\" \"x\" {{\n{block}\n}}"))
    };
    assert_eq!(dynamic(TERRAFORM_INSTANCES_MAX).0["b"].as_array().unwrap().len(), TERRAFORM_INSTANCES_MAX);
    let (found, problems) = dynamic(TERRAFORM_INSTANCES_MAX + 1);
    assert_eq!((found["b"].as_array().unwrap().len(), problems.len()), (1, 1));
}

#[test]
fn modules_call_one_another_to_a_depth_and_number() {
    let deep = |depth: usize| {
        let mut sources = Vec::new();
        for level in 0..=depth {
            let folder: String = (1..=level).map(|level| format!("m{level}/")).collect();
            let call = match level == depth {
                true => "resource \"x\" \"x\" {}".to_owned(),
                false => format!("module \"m\" {{\n source = \"./m{}\"\n}}", level + 1),
            };
            sources.push(Source::new(format!("{folder}main.tf"), call));
        }
        let address = "module.m.".repeat(depth) + "x.x";
        evaluated(&sources, &address)
    };
    assert_eq!(deep(TERRAFORM_MODULES_DEPTH_MAX), (json!({}), vec![]));
    let (found, problems) = deep(TERRAFORM_MODULES_DEPTH_MAX + 1);
    assert!(found.is_null() && problems[0].contains("over more than 16 steps"), "{problems:?}");
    let many = |count: usize| {
        let call = format!("module \"m\" {{\n source = \"./m\"\n count = {count}\n}}");
        let sources = [Source::new("main.tf", call), Source::new("m/main.tf", "resource \"x\" \"x\" {}")];
        evaluated(&sources, &format!("module.m[{}].x.x", count - 1))
    };
    assert_eq!(many(TERRAFORM_MODULES_MAX - 1), (json!({}), vec![]));
    assert_eq!(many(TERRAFORM_MODULES_MAX).1.len(), 1);
}

#[test]
fn a_template_takes_so_many_variables() {
    let of = |count: usize| {
        let variables: Vec<String> = (0..count).map(|index| format!("v{index} = {index}")).collect();
        let text = format!("resource \"x\" \"x\" {{\n v = templatefile(\"t.tpl\", {{ {} }})\n}}", variables.join(", "));
        evaluated(&[Source::new("main.tf", text), Source::new("t.tpl", "<${v0}>")], "x.x")
    };
    assert_eq!(of(TERRAFORM_TEMPLATE_VARIABLES_MAX).0["v"], json!("<0>"));
    assert!(of(TERRAFORM_TEMPLATE_VARIABLES_MAX + 1).1[0].contains("more variables"));
}

#[test]
fn a_plan_is_read_to_so_many_resources() {
    let of = |count: usize| {
        let entries: Vec<String> =
            (0..count).map(|i| format!(r#"{{"address":"x.r{i}","type":"x","name":"r{i}"}}"#)).collect();
        let text =
            format!(r#"{{"format_version":"1.2","values":{{"root_module":{{"resources":[{}]}}}}}}"#, entries.join(","));
        plan(&Source::new("plan.json", text))["problems"].as_array().unwrap().len()
    };
    assert_eq!(of(TERRAFORM_RESOURCES_MAX), 0);
    assert_eq!(of(TERRAFORM_RESOURCES_MAX + 1), 1);
}

#[test]
fn references_of_a_plan_are_followed_over_so_many_steps() {
    // The key policy of the innermost module is handed down from the root.
    let of = |depth: usize| {
        let mut configuration = json!({"resources": [{
            "address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
            "expressions": {"policy": {"references": ["var.p"]}},
        }]});
        for level in 0..depth {
            let expression = match level + 1 == depth {
                true => json!({"constant_value": "{\"Statement\": []}"}),
                false => json!({"references": ["var.p"]}),
            };
            configuration = json!({"module_calls": {"m": {"expressions": {"p": expression}, "module": configuration}}});
        }
        let module = "module.m.".repeat(depth);
        let text = json!({
            "format_version": "1.2",
            "resource_changes": [{
                "address": format!("{module}aws_kms_key.k"), "mode": "managed", "type": "aws_kms_key", "name": "k",
                "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"policy": true}},
            }],
            "configuration": {"root_module": configuration},
        });
        let found = plan(&Source::new("plan.json", text.to_string()));
        let (_, document) = found["documents"].as_object().unwrap().iter().next().unwrap();
        document["document"].clone()
    };
    assert_eq!(of(TERRAFORM_REFERENCES_DEPTH_MAX), json!({"Statement": []}));
    assert!(of(TERRAFORM_REFERENCES_DEPTH_MAX + 1).as_str().unwrap().contains('⟦'));
}
