//! The values of a template's parameters, in a file beside it: as `aws cloudformation deploy` takes
//! them (`[{"ParameterKey": ..., "ParameterValue": ...}]`), or as CodePipeline does (`{"Parameters": {...}}`).
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html>

use wardbook_policy::document::scalar;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::symbol;

use crate::authorization_details::text;

/// The parameters of one file.
pub(crate) struct Parameters {
    path: String,
    pub(crate) values: Vec<(String, Value)>,
}

impl Parameters {
    /// The parameters of a file, if that is what it holds.
    pub(crate) fn read(path: &str, value: &Value) -> Option<Parameters> {
        let values = match value.as_list() {
            Some([]) => None,
            Some(entries) => entries
                .iter()
                .map(|entry| {
                    let name = text(entry, "ParameterKey")?;
                    // A value that is left as it was deployed is known to nobody here.
                    let left = Value { span: entry.span, kind: Kind::Text(symbol::unknown(name).into()) };
                    Some((name.to_owned(), entry.member("ParameterValue").cloned().unwrap_or(left)))
                })
                .collect::<Option<Vec<_>>>(),
            None if value.member("Resources").is_some() => None,
            None => {
                let known = ["Parameters", "Tags", "StackPolicy"];
                let members = value.as_object()?;
                let alone = members.iter().all(|member| known.contains(&&*member.name));
                let parameters = value.member("Parameters").filter(|_| alone)?.as_object()?;
                parameters
                    .iter()
                    .map(|member| scalar(&member.value).map(|_| (member.name.to_string(), member.value.clone())))
                    .collect()
            }
        };
        Some(Parameters { path: path.to_owned(), values: values? })
    }

    /// Whether they are of this template: it is called alike (`app.yaml`, `app.parameters.json`), or
    /// it is the only one in the folder.
    pub(crate) fn is_of(&self, template: &str, templates: &[String]) -> bool {
        let stem = file_name(template).split('.').next().unwrap_or_default();
        let own = file_name(&self.path).split(['.', '-', '_']).next().unwrap_or_default();
        let beside = |path: &str| folder(path) == folder(&self.path);
        let rest = file_name(&self.path).strip_prefix(stem);
        let alike = rest.is_some_and(|rest| rest.starts_with(['.', '-', '_'])) || own == stem;
        beside(template) && (alike || templates.iter().filter(|path| beside(path)).count() == 1)
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Everything but the last part of a path.
pub(crate) fn folder(path: &str) -> &str {
    path.strip_suffix(file_name(path)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::json;

    #[test]
    fn both_notations_are_read_and_nothing_else_is() {
        let read = |text: &str| Parameters::read("w/app.parameters.json", &json::parse(text).unwrap());
        let names =
            |text: &str| read(text).map(|read| read.values.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
        let list = r#"[{"ParameterKey": "Env", "ParameterValue": "prod"}]"#;
        assert_eq!(names(list), Some(vec!["Env".to_owned()]));
        assert_eq!(names(r#"{"Parameters": {"Env": "prod", "Count": 3}, "Tags": {}}"#).unwrap().len(), 2);
        for other in
            ["[]", "{}", r#"{"Parameters": {"Env": {"Type": "String"}}}"#, r#"{"Parameters": {}, "Resources": {}}"#]
        {
            assert!(read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn parameters_belong_to_the_template_beside_them() {
        let told = Parameters { path: "w/app.parameters.json".into(), values: Vec::new() };
        let two = ["w/app.yaml".to_owned(), "w/other.yaml".to_owned(), "v/app.yaml".to_owned()];
        let of: Vec<&String> = two.iter().filter(|path| told.is_of(path, &two)).collect();
        assert_eq!(of, ["w/app.yaml"]);
        let one = ["w/template.yaml".to_owned()];
        assert!(told.is_of("w/template.yaml", &one));
    }
}
