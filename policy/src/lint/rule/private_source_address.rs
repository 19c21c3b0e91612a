//! A private address in a condition on aws:SourceIp.
//!
//! KMS sees public addresses. Requests through a VPC endpoint carry aws:VpcSourceIp instead.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
//! ```

use core::net::IpAddr;

use crate::lint::finding::Findings;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let rows = view.document.statements.iter().flat_map(|statement| &statement.conditions);
    for word in rows.filter(|row| row.key.text.eq_ignore_ascii_case("aws:SourceIp")).flat_map(|row| &row.values) {
        let address = word.text.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
        let private = match address {
            Some(IpAddr::V4(address)) => address.is_private() || address.is_loopback() || address.is_link_local(),
            Some(IpAddr::V6(address)) => address.is_unique_local() || address.is_loopback(),
            None => false,
        };
        if private {
            found
                .warning(word.span, format!("`{}` is a private address, and no request comes from one", word.text))
                .help("use aws:SourceVpce or aws:VpcSourceIp for requests through an endpoint");
        }
    }
}
