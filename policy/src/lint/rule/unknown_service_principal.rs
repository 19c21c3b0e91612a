//! A service principal that is a slip of another, or of a Region that there is not.
//!
//! No request ever comes from it.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "s33.amazonaws.com"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "s3.amazonaws.com"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```

use crate::lint::finding::{Edit, Findings};
use crate::lint::view::View;
use crate::lint::vocabulary::{List, partition_of};

const SUFFIX: &str = ".amazonaws.com";

/// Services that go by one name in every Region that need not be enabled first.
const OF_ALL_REGIONS: &[&str] = &[
    "backup",
    "cloudtrail",
    "cloudwatch",
    "config",
    "dynamodb",
    "events",
    "guardduty",
    "lambda",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
];

/// Regions that have to be enabled first, in which services may have the Region in their names.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
const OPT_IN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let principals = view.document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    for name in principals.flat_map(|principal| &principal.names) {
        let service = name.family.as_ref().is_some_and(|family| &*family.text == "Service");
        let text = &*name.name.text;
        let Some(stem) = text.strip_suffix(SUFFIX).filter(|_| service && !view.is_open(text)) else { continue };
        if let Some((own, region)) = stem.rsplit_once('.')
            && OF_ALL_REGIONS.contains(&own)
            && List::Region.has(region)
            && partition_of(region) == "aws"
            && !OPT_IN.contains(&region)
        {
            found
                .warning(
                    name.name.span,
                    format!("in `{region}` the service is called `{own}{SUFFIX}`, without the Region"),
                )
                .fix(
                    false,
                    format!("write `{own}{SUFFIX}`"),
                    Edit::Text { span: name.name.span, text: format!("{own}{SUFFIX}").into() },
                );
            continue;
        }
        let meant = match stem.rsplit_once('.') {
            _ if List::ServicePrincipal.has(stem) => continue,
            Some((own, region)) if List::Region.has(region) => {
                List::ServicePrincipal.nearest(own).filter(|near| *near != own).map(|near| format!("{near}.{region}"))
            }
            Some((own, region)) if List::ServicePrincipal.has(own) => {
                List::Region.nearest(region).map(|near| format!("{own}.{near}"))
            }
            _ => List::ServicePrincipal.nearest(stem).map(str::to_owned),
        };
        if let Some(meant) = meant {
            let meant = format!("{meant}{SUFFIX}");
            let edit = Edit::Text { span: name.name.span, text: meant.as_str().into() };
            found
                .error(name.name.span, format!("`{text}` is not a service that is known; did you mean `{meant}`?"))
                .fix(false, format!("write `{meant}`"), edit);
        }
    }
}
