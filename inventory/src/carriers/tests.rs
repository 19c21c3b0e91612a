//! Files of every form, and what is read of them.

use super::*;

fn read_all(files: &[(&str, &str)]) -> Vec<Found> {
    let files =
        files.iter().map(|(path, text)| File { source: Source::new(*path, *text), named: false, is_document: false });
    let mut load = |path: &str| Err(format!("no file `{path}`"));
    let mut module = |_: &str| Vec::new();
    read(files, &mut Surroundings { load: &mut load, module: &mut module })
}

#[test]
fn each_form_is_told_from_the_others() {
    let found = read_all(&[
        ("a.json", r#"{"Version": "2012-10-17", "Statement": []}"#),
        ("b.json", r#"{"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {}}}}"#),
        ("c.yaml", "Resources:\n  K:\n    Type: AWS::KMS::Key\n"),
        ("d.json", r#"{"format_version": "1.2", "planned_values": {"root_module": {}}}"#),
        ("e.json", r#"{"Policy": "{\"Statement\": []}"}"#),
        ("f.tf", "resource \"aws_kms_key\" \"k\" {}\n"),
        ("package.json", r#"{"name": "Parameter"}"#),
        ("log.json", "{\"Statement\": 1}\n{\"Statement\": 2}\n"),
    ]);
    let forms: Vec<Form> = found.iter().map(|found| found.form).collect();
    use Form::{CloudFormation, Documents, Plan, Terraform};
    assert_eq!(forms, [Documents, Plan, Documents, CloudFormation, CloudFormation, Terraform]);
    let key = |found: &Found| found.carrier.as_ref().map(|carrier| carrier.subjects.keys.len());
    assert_eq!(found.iter().filter_map(key).collect::<Vec<_>>(), [0, 1, 1, 1]);
    let terraform = found.last().unwrap();
    let span = terraform.carrier.as_ref().unwrap().subjects.keys[0].declaration.span;
    assert_eq!(terraform.lines().path(span), Some("f.tf"));
}

#[test]
fn broken_files_are_told_if_they_were_meant_to_be_policies() {
    let broken =
        |path: &str, text: &str| -> usize { read_all(&[(path, text)]).iter().map(|found| found.broken.len()).sum() };
    for (path, text, wanted) in [
        ("a.json", "{\"Statement\": [}", 1),
        ("a.json", "{\"name\": [}", 0),
        ("a.yaml", "Resources:\n  a: [\n", 1),
        ("chart.yaml", "Statements of {{ x }}: {{ y }}\n", 0),
        ("a.tf", "resource \"aws_kms_key\" {", 1),
        ("a.json", r#"{"Policy": "{\"Statement\": [}"}"#, 1),
        (
            "a.yaml",
            "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy: '{\"Statement\": [}'\n",
            1,
        ),
    ] {
        assert_eq!(broken(path, text), wanted, "{path}: {text}");
    }
}

#[test]
fn modules_that_are_called_are_fetched_once() {
    let files = [("live/main.tf", "module \"keys\" {\n  source = \"../modules/keys\"\n}\n")];
    let files = files.map(|(path, text)| File { source: Source::new(path, text), named: true, is_document: false });
    let mut asked = Vec::new();
    let mut load = |path: &str| Err(format!("no file `{path}`"));
    let mut module = |folder: &str| {
        asked.push(folder.to_owned());
        vec![Source::new(format!("{folder}/main.tf"), "resource \"aws_kms_key\" \"k\" {}\n")]
    };
    let found = read(files, &mut Surroundings { load: &mut load, module: &mut module });
    assert_eq!(asked, ["modules/keys"]);
    let keys = &found[0].carrier.as_ref().unwrap().subjects.keys;
    assert_eq!(found[0].lines().path(keys[0].declaration.span), Some("modules/keys/main.tf"));
}
