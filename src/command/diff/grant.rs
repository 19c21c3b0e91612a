//! What a grant permits on one side only: the operations, and a request that shows it.

use wardbook_policy::arn::Arn;
use wardbook_policy::catalogue;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::grant::Grant;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

use super::side;

/// Something that a grant permits and its counterpart does not.
pub(super) struct Permitted<'g> {
    pub(super) grant: &'g Grant,
    /// The grantee, or whoever may retire the grant.
    pub(super) who: &'g str,
    /// The actions, as AWS spells them.
    pub(super) actions: Vec<String>,
    /// A request that the one permits and the other does not, where one can be made.
    pub(super) witness: Option<Request>,
}

/// What one grant permits beyond all those that the other side has on the key.
pub(super) fn beyond<'g>(one: Option<&'g Grant>, others: &[&Grant], key: &str, quirks: Quirks) -> Vec<Permitted<'g>> {
    let Some(grant) = one else { return Vec::new() };
    let mut operations: Vec<&str> = grant.operations().iter().map(|operation| &**operation).collect();
    for other in others {
        let left = grant.beyond(other);
        operations.retain(|operation| left.contains(operation));
    }
    let spelled =
        |name: &str| catalogue::kms_operation(name).map_or_else(|| name.to_owned(), |known| known.action().to_owned());
    let mut found = Vec::new();
    if !operations.is_empty() {
        let who = grant.grantee().source();
        let witness = operations.iter().find_map(|operation| witness(grant, others, (who, operation, key), quirks));
        let actions = operations.into_iter().map(spelled).collect();
        found.push(Permitted { grant, who, actions, witness });
    }
    let retires = |grant: &'g Grant| grant.retiring().map(|retiring| retiring.source());
    if let Some(who) = retires(grant)
        && !others
            .iter()
            .any(|other| other.id() == grant.id() && other.retiring().is_some_and(|own| own.source() == who))
        && !others.iter().any(|other| is_alike(grant, other))
    {
        const RETIRE: &str = "kms:RetireGrant";
        let witness = witness(grant, others, (who, RETIRE, key), quirks);
        found.push(Permitted { grant, who, actions: vec![RETIRE.to_owned()], witness });
    }
    found
}

/// Whether the two differ in their ids alone.
fn is_alike(one: &Grant, other: &Grant) -> bool {
    let retiring = |grant: &Grant| grant.retiring().map(|retiring| retiring.source().to_owned());
    retiring(one) == retiring(other) && one.beyond(other).is_empty() && other.beyond(one).is_empty()
}

/// A request that the one grant permits and the others do not, in a world in which nothing else speaks of the key.
fn witness(one: &Grant, others: &[&Grant], (who, action, key): (&str, &str, &str), quirks: Quirks) -> Option<Request> {
    let everything = side::everything();
    // Whoever retires a grant of its own account by its own policies does so with any grant, and a whole account
    // as the grantee needs policies of its own: the one with nothing shows the former, the other the latter.
    let permits = |request: &Request, identity: &[Policy], grants: &[Grant]| {
        let layers = Layers {
            resource: Told::Known(&[]),
            identity: Told::Known(identity),
            grants: Told::Known(grants),
            ..Layers::default()
        };
        decide(request, &layers, quirks).verdict() == Verdict::Allow
    };
    let pairs = || one.constraint_pairs();
    let contexts = [
        Vec::new(),
        pairs().collect::<Vec<_>>(),
        // One pair more: what a constraint on a part of the context lets through, and one on all of it does not.
        pairs().chain([("any-other", "pair")]).collect(),
    ];
    let source = one.source_arn_constraint().map(|pattern| pattern.replace('*', "any").replace('?', "x"));
    let principals = [who.to_owned(), role_of(who)];
    principals.iter().flat_map(|principal| contexts.iter().map(move |context| (principal, context))).find_map(
        |(principal, context)| {
            let mut builder = Request::builder(principal, action, key).quirks(quirks);
            for (name, value) in context {
                builder = builder.with(&format!("kms:EncryptionContext:{name}"), *value);
            }
            if let Some(source) = &source {
                builder = builder.with("aws:SourceArn", source.as_str());
            }
            let request = builder.build().ok()?;
            let shows = [&[], &*everything].into_iter().any(|identity| {
                permits(&request, identity, std::slice::from_ref(one))
                    && !others.iter().any(|other| permits(&request, identity, std::slice::from_ref(*other)))
            });
            shows.then_some(request)
        },
    )
}

/// A role of the account, where a whole account is the grantee.
fn role_of(who: &str) -> String {
    match Arn::parse(who) {
        Some(arn) if arn.resource == "root" => who.replace(":root", ":role/any-other"),
        _ => who.to_owned(),
    }
}
