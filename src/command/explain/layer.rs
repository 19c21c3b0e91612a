//! Layers: who has a say in a request, and what they can say.

use wardbook_policy::layers::Layer;

use super::Kind;
use super::page::Page;

pub(super) const KIND: Kind = Kind {
    name: "layer",
    tells: "what it can do, when it applies",
    examples: &["key policy", "scp", "permissions boundary", "grant"],
    page,
    names: |_| {
        let also = ROWS.iter().flat_map(|row| row.also.iter().copied());
        Layer::ALL.into_iter().flat_map(|layer| [layer.name(), layer.noun()]).chain(also).map(str::to_owned).collect()
    },
};

/// What is to be said of a layer.
struct Row {
    layer: Layer,
    /// What it is called on its page.
    title: &'static str,
    /// Its other names.
    also: &'static [&'static str],
    allows: &'static str,
    denies: &'static str,
    applies: &'static str,
    /// What it means that there is no such layer.
    absent: &'static str,
    note: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        layer: Layer::Scp,
        title: "service control policies (SCP)",
        also: &["service control policies"],
        allows: "nobody by itself; every level from the root of the organization down to the account has to let \
            the request pass",
        denies: "callers of the whole account, its root user included",
        applies: "to users and roles of member accounts; not in the management account, not to service-linked \
            roles, service principals or callers from outside",
        absent: "no limit; but a level without a policy that allows lets nothing pass",
        note: "FullAWSAccess is a policy like any other here: a level that lost it allows only what its other \
            policies allow.",
    },
    Row {
        layer: Layer::Rcp,
        title: "resource control policies (RCP)",
        also: &["resource control policies"],
        allows: "nobody; RCPFullAWSAccess stays attached at every level, so it only ever takes away",
        denies: "every caller of the resource, those of other accounts and AWS services included",
        applies: "to resources of member accounts; not to service-linked roles, AWS managed keys or the \
            management account's resources",
        absent: "no limit",
        note: "It has no effect on kms:RetireGrant.",
    },
    Row {
        layer: Layer::Endpoint,
        title: "VPC endpoint policy",
        also: &["vpc endpoint", "endpoint policy", "vpce policy"],
        allows: "nobody by itself; it has to let the request pass",
        denies: "whoever comes through the endpoint",
        applies: "to requests that come through that VPC endpoint, whoever signs them",
        absent: "no limit: the request came another way, or the endpoint has its default policy",
        note: "A call that a service makes for you does not come through your endpoint.",
    },
    Row {
        layer: Layer::Resource,
        title: "key policy, or another resource-based policy",
        also: &["key policy", "key policies", "resource policy", "bucket policy", "trust policy"],
        allows: "whom it names. Naming the account (`:root`) only lets that account's IAM policies decide",
        denies: "whom it names; naming an account denies everybody in it",
        applies: "to every request for the resource. From another account it and the caller's IAM policies both \
            have to allow",
        absent: "for a KMS key: nobody is allowed, except by a grant. Elsewhere: identity policies decide",
        note: "In a key policy `\"Resource\": \"*\"` means this key. A role named by its ARN is still limited by \
            its boundary \
            and session policy; a session named by its ARN is not.",
    },
    Row {
        layer: Layer::Identity,
        title: "identity-based (IAM) policies",
        also: &["iam policy", "iam policies", "identity policy", "identity policies"],
        allows: "what it lists. For a KMS key only where the key policy lets the caller's account decide",
        denies: "what it lists, whatever the key policy says",
        applies: "to the user, with its groups, or the role that it is attached to; never to a root user",
        absent: "allows nothing; who is named in the key policy itself does not need one in the same account",
        note: "Actions on aliases, and those without a key such as kms:CreateKey, are decided here.",
    },
    Row {
        layer: Layer::Boundary,
        title: "permissions boundary",
        also: &["permission boundary", "permissions boundaries"],
        allows: "nobody by itself; it is the most that identity policies can give",
        denies: "the user or role that has it",
        applies: "to identity policies, and to what a key policy gives to a role by its ARN; not to what it gives \
            to a user, to a session by its ARN or to `*`",
        absent: "no limit",
        note: "A statement with NotPrincipal and Deny always hits a caller that has a boundary. What a boundary \
            does to a \
            grant is the quirk `grant-and-boundary`.",
    },
    Row {
        layer: Layer::Session,
        title: "session policies",
        also: &["session policies"],
        allows: "nobody by itself; it is the most that this session can do",
        denies: "the session",
        applies: "to a role or federated session that was begun with one; limits what a boundary limits",
        absent: "no limit for a role's session; a federated-user session without one has nothing from identity \
            policies",
        note: "A key policy that names the session's own ARN reaches past it (quirk \
            `session-arn-and-session-policy`).",
    },
    Row {
        layer: Layer::Grant,
        title: "grants of the key",
        also: &["grants", "kms grant"],
        allows: "its grantee, the operations it lists, under its constraints, without any policy (to another \
            account: quirk `owner-issued-grant`)",
        denies: "nobody",
        applies: "to cryptographic operations, DescribeKey, GetPublicKey, CreateGrant and RetireGrant on its key",
        absent: "policies decide alone",
        note: "A Deny in any policy goes before every grant. Operations such as kms:PutKeyPolicy can never be \
            granted; \
            `wardbook explain kms:ACTION` says which can.",
    },
];

fn page(topic: &str) -> Option<Page> {
    let words = topic.replace('-', " ").to_lowercase();
    if words == "layers" || words == "layer" {
        return Some(all());
    }
    let called = |row: &&Row| {
        let names = [row.layer.name(), row.layer.noun()].into_iter().chain(row.also.iter().copied());
        names.map(|name| name.replace('-', " ").to_lowercase()).any(|name| name == words || format!("{name}s") == words)
    };
    ROWS.iter().find(called).map(one)
}

fn all() -> Page {
    let cells = |row: &Row| vec![row.layer.name().to_owned(), row.title.to_owned(), row.allows.to_owned()];
    Page::new("list", "layers", "who has a say in a request")
        .section("Layers", &["name", "title", "allows"], ROWS.iter().map(cells).collect())
        .note(
            "A Deny that applies in any of them wins. What nobody denies has to be allowed by a key policy, an \
            identity policy or a grant, and let pass by all the others.",
        )
}

fn one(row: &Row) -> Page {
    Page::new("layer", row.layer.name(), format!("layer of a decision: {}", row.title))
        .fact("allows", row.allows)
        .fact("denies", row.denies)
        .fact("applies", row.applies)
        .fact("if absent", row.absent)
        .note(row.note)
}
