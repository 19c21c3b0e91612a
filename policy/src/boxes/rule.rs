//! Which values can stand together in one request: the rules of `derive.rs`, as boxes of impossible contexts.
//!
//! A key that follows from others is no dimension of its own; what stands here binds the keys that are free.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use core::net::IpAddr;

use crate::caller::CallerKind;
use crate::catalogue::ValueType;
use crate::context::Lookup;
use crate::derive::GRANT_OPERATIONS;
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::request::Request;
use crate::scene::Scene;

use super::demand::{Ask, Demand};
use super::product::{Product, Union};
use super::space::Space;

const VIA_SERVICE: &str = "kms:viaservice";
const VIA_AWS_SERVICE: &str = "aws:viaawsservice";
const CALLED_VIA: &str = "aws:calledvia";
const CALLED_VIA_ENDS: [&str; 2] = ["aws:calledviafirst", "aws:calledvialast"];
const SOURCE_IP: &str = "aws:sourceip";
const FOR_RESOURCE: &str = "kms:grantisforawsresource";
const ALIASES: [&str; 2] = ["kms:requestalias", "kms:resourcealiases"];
/// What the aliases of keys that AWS manages begin with.
const AWS_ALIAS: &str = "alias/aws/";
/// A name that stands for the address of a service.
const SERVICES: &str = ".amazonaws.com";
pub(super) const CONTEXT_KEYS: &str = "kms:encryptioncontextkeys";
/// Keys of the network that a request came through, which a service does not hand on.
const NETWORK: [&str; 4] = ["aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"];
/// Keys that every signed request has.
const ALWAYS: [&str; 2] = [VIA_AWS_SERVICE, "aws:securetransport"];

/// The keys that bear on those asked for, so that they need a dimension too.
pub(super) fn related(demands: &[Demand<'_>], scene: &Scene<'_>) -> Vec<Key> {
    let asked = |name: &str| demands.iter().any(|demand| demand.key.lower() == name);
    let unknown = |name: &str| scene.lookup(&Key::new(name)) == Lookup::Unknown;
    let mut related = Vec::new();
    let by_service = asked(VIA_AWS_SERVICE)
        || asked(CALLED_VIA)
        || asked(SOURCE_IP)
        || asked(FOR_RESOURCE)
        || NETWORK.iter().any(|name| asked(name));
    if by_service && !asked(VIA_SERVICE) && unknown(VIA_SERVICE) {
        related.push(Key::new("kms:ViaService"));
    }
    if CALLED_VIA_ENDS.iter().any(|name| asked(name)) && !asked(CALLED_VIA) && unknown(CALLED_VIA) {
        related.push(Key::new("aws:CalledVia"));
    }
    related
}

/// Demands that nobody makes, but which tell the values apart that the rules speak of.
pub(super) fn own_demands<'a>(demands: &[Demand<'a>], request: &'a Request) -> Vec<Demand<'a>> {
    let key_of = |name: &str| demands.iter().find(|demand| demand.key.lower() == name).map(|demand| demand.key.clone());
    let aliases = ALIASES.into_iter().filter_map(key_of);
    let mut own: Vec<Demand<'a>> = aliases.map(|key| Demand { key, ask: Ask::Begins(AWS_ALIAS), of: None }).collect();
    if let (Some(key), Some(known)) = (key_of(ALIASES[0]), known_aliases(request)) {
        let asks = known.iter().map(|alias| Ask::Text(vec![&**alias]));
        own.extend(asks.map(|ask| Demand { key: key.clone(), ask, of: None }));
    }
    for name in [VIA_AWS_SERVICE, FOR_RESOURCE] {
        own.extend(key_of(name).map(|key| Demand { key, ask: Ask::Text(vec!["true"]), of: None }));
    }
    let mut seen: Vec<&str> = Vec::new();
    for demand in demands {
        let lower = demand.key.lower();
        let is_address = || demand.key.listed().is_some_and(|listed| listed.value_type == ValueType::IpAddress);
        if seen.contains(&lower) {
            continue;
        }
        seen.push(lower);
        if !is_address() {
            continue;
        }
        own.push(Demand { key: demand.key.clone(), ask: Ask::Address, of: None });
        if lower == SOURCE_IP {
            own.push(Demand { key: demand.key.clone(), ask: Ask::Ends(SERVICES), of: None });
        }
    }
    let Some(list) = key_of(CONTEXT_KEYS) else { return own };
    let mut named: Vec<String> = Vec::new();
    for demand in demands {
        if demand.key.lower().starts_with(ENCRYPTION_CONTEXT)
            && let Some(name) = demand.key.name().get(ENCRYPTION_CONTEXT.len()..)
            && !named.iter().any(|other| other.to_lowercase() == name.to_lowercase())
        {
            named.push(name.to_owned());
        }
    }
    own.extend(named.into_iter().map(|name| Demand { key: list.clone(), ask: Ask::Name(name.into()), of: None }));
    own
}

/// The contexts that no request has.
pub(super) fn impossible(space: &Space<'_>, scene: &Scene<'_>) -> Union {
    let base = space.everything();
    let on_grants = GRANT_OPERATIONS.contains(&&*scene.request.action_lower);
    let mut found = impossible_within(space, scene, &base, on_grants.then_some(&base));
    found.extend(aliases_of_aws(space, scene, &base));
    found
}

/// The contexts of `base` that name a key of AWS's, where the key is another: an alias that nobody told does not make
/// a key one that AWS manages.
pub(super) fn aliases_of_aws(space: &Space<'_>, scene: &Scene<'_>, base: &Product) -> Union {
    let mut rules = Rules { space, request: scene.request, base: base.clone(), found: Union::new() };
    rules.aliases();
    rules.found
}

/// The contexts that no request of `base` has; those of `on_grants` are of the operations on grants.
pub(super) fn impossible_within(
    space: &Space<'_>,
    scene: &Scene<'_>,
    base: &Product,
    on_grants: Option<&Product>,
) -> Union {
    let mut rules = Rules { space, request: scene.request, base: base.clone(), found: Union::new() };
    rules.typed_values();
    rules.always_there();
    rules.by_service();
    if let Some(on_grants) = on_grants {
        rules.base = on_grants.clone();
        rules.grant_for_resource();
        rules.base = base.clone();
    }
    rules.through_an_endpoint();
    rules.called_via_ends();
    rules.encryption_context();
    rules.requested_alias();
    rules.found
}

/// The aliases of the key, where they are known and one of them is meant by the alias of a request.
fn known_aliases(request: &Request) -> Option<&[Box<str>]> {
    let of_two_keys = request.action_lower.starts_with("kms:reencrypt");
    let key = Key::new("kms:ResourceAliases");
    match request.context.lookup(&key) {
        Lookup::Many(known) if !of_two_keys => Some(known),
        // An empty list is given as no list at all.
        Lookup::Absent if !of_two_keys && request.context.is_named(&key) => Some(&[]),
        _ => None,
    }
}

struct Rules<'s, 'a> {
    space: &'s Space<'a>,
    request: &'s Request,
    /// What the rules are about.
    base: Product,
    found: Union,
}

/// What a rule says about one key.
#[derive(Clone, Copy)]
enum Is<'v> {
    Absent,
    Present,
    /// The value is one of these, in letters of either case.
    Told(&'v str),
    /// Absent, or another value.
    NotTold(&'v str),
    /// An address.
    Address,
    /// The name that stands for the address of a service.
    Service,
    /// Present, and neither address nor service.
    Nonsense,
}

impl Rules<'_, '_> {
    /// The product of these; `None` where a key is known and not so, or has no dimension.
    fn product(&self, asked: &[(&str, Is<'_>)]) -> Option<Product> {
        let mut product = self.base.clone();
        for (name, is) in asked {
            let Some(place) = self.space.place(name) else {
                if self.is_known(name, *is)? {
                    continue;
                }
                return None;
            };
            let dimension = self.space.dimensions.get(place)?;
            let (absent, fits): (bool, &dyn Fn(&str) -> bool) = match is {
                Is::Absent => (true, &|_| false),
                Is::Present => (false, &|_| true),
                Is::Told(value) => (false, &|witness| witness.eq_ignore_ascii_case(value)),
                Is::NotTold(value) => (true, &|witness| !witness.eq_ignore_ascii_case(value)),
                Is::Address => (false, &|witness| witness.parse::<IpAddr>().is_ok()),
                Is::Service => (false, &is_service),
                Is::Nonsense => (false, &|witness| witness.parse::<IpAddr>().is_err() && !is_service(witness)),
            };
            let classes = dimension.select(absent, fits);
            match (dimension.many, is) {
                (true, Is::Present) => product.hit(place, &classes),
                (true, _) => product.restrict(&self.space.layout, place, &classes),
                (false, _) => product.restrict(&self.space.layout, place, &classes),
            }
        }
        (!product.is_empty(&self.space.layout)).then_some(product)
    }

    /// Whether a key without a dimension is so; `None` if nobody knows.
    fn is_known(&self, name: &str, is: Is<'_>) -> Option<bool> {
        let found = self.request.context.lookup(&Key::new(name));
        Some(match (found, is) {
            (Lookup::Unknown, _) => return None,
            (Lookup::Absent, Is::Absent | Is::NotTold(_)) => true,
            (Lookup::Absent, _) => false,
            (Lookup::Many(_), is) => matches!(is, Is::Present),
            (Lookup::One(_), Is::Present) => true,
            (Lookup::One(_), Is::Absent) => false,
            (Lookup::One(text), Is::Told(value)) => text.eq_ignore_ascii_case(value),
            (Lookup::One(text), Is::NotTold(value)) => !text.eq_ignore_ascii_case(value),
            (Lookup::One(text), Is::Address) => text.parse::<IpAddr>().is_ok(),
            (Lookup::One(text), Is::Service) => is_service(text),
            (Lookup::One(text), Is::Nonsense) => text.parse::<IpAddr>().is_err() && !is_service(text),
        })
    }

    fn never(&mut self, asked: &[(&str, Is<'_>)]) {
        if asked.iter().any(|(name, _)| self.space.place(name).is_some())
            && let Some(product) = self.product(asked)
        {
            self.found.push(product);
        }
    }

    /// Addresses are addresses, except where a service calls.
    fn typed_values(&mut self) {
        let space = self.space;
        for key in space.dimensions.iter().map(|dimension| &dimension.key) {
            if key.listed().is_some_and(|listed| listed.value_type == ValueType::IpAddress) {
                let name = key.lower();
                self.never(&[(name, Is::Nonsense)]);
                if name != SOURCE_IP {
                    self.never(&[(name, Is::Service)]);
                }
            }
        }
    }

    fn always_there(&mut self) {
        if self.request.caller.kind() != CallerKind::Anonymous {
            for name in ALWAYS {
                self.never(&[(name, Is::Absent)]);
            }
        }
        if let Some(operation) = self.request.kms_operation {
            for (name, _) in operation.defaults() {
                self.never(&[(&name.to_lowercase(), Is::Absent)]);
            }
        }
    }

    /// A service that calls for its caller says so, and comes from its own network.
    fn by_service(&mut self) {
        self.never(&[(VIA_SERVICE, Is::Present), (VIA_AWS_SERVICE, Is::NotTold("true"))]);
        self.never(&[(CALLED_VIA, Is::Present), (VIA_AWS_SERVICE, Is::NotTold("true"))]);
        self.never(&[(VIA_SERVICE, Is::Present), (SOURCE_IP, Is::Address)]);
        self.never(&[(VIA_SERVICE, Is::Present), (SOURCE_IP, Is::Absent)]);
        self.never(&[(VIA_SERVICE, Is::Absent), (SOURCE_IP, Is::Service)]);
        for name in NETWORK {
            self.never(&[(VIA_SERVICE, Is::Present), (name, Is::Present)]);
        }
    }

    /// Whether a service makes the grant shows in the request.
    fn grant_for_resource(&mut self) {
        if self.space.place(FOR_RESOURCE).is_some() {
            self.never(&[(FOR_RESOURCE, Is::Absent)]);
            if self.request.caller.kind() == CallerKind::Service {
                self.never(&[(FOR_RESOURCE, Is::NotTold("true"))]);
            } else {
                self.never(&[(VIA_SERVICE, Is::Present), (FOR_RESOURCE, Is::NotTold("true"))]);
                self.never(&[(VIA_SERVICE, Is::Absent), (FOR_RESOURCE, Is::Told("true"))]);
            }
        }
    }

    /// What comes through an endpoint has no public address.
    fn through_an_endpoint(&mut self) {
        for name in NETWORK {
            self.never(&[(name, Is::Present), (SOURCE_IP, Is::Address)]);
        }
    }

    /// The first and the last of a list are there with it, and of it.
    fn called_via_ends(&mut self) {
        for name in CALLED_VIA_ENDS {
            self.never(&[(name, Is::Absent), (CALLED_VIA, Is::Present)]);
            self.never(&[(name, Is::Present), (CALLED_VIA, Is::Absent)]);
        }
    }

    fn aliases(&mut self) {
        if self.request.aws_managed_key {
            return;
        }
        for name in ALIASES {
            let Some(place) = self.space.place(name) else { continue };
            let Some(dimension) = self.space.dimensions.get(place) else { continue };
            let classes = dimension.select(false, |witness| witness.starts_with(AWS_ALIAS));
            let mut product = self.base.clone();
            if dimension.many {
                product.hit(place, &classes);
            } else {
                product.restrict(&self.space.layout, place, &classes);
            }
            if !product.is_empty(&self.space.layout) {
                self.found.push(product);
            }
        }
    }

    /// A request that names the key by an alias names it by one that it has.
    fn requested_alias(&mut self) {
        let Some(known) = known_aliases(self.request) else { return };
        let Some(place) = self.space.place(ALIASES[0]) else { return };
        let Some(dimension) = self.space.dimensions.get(place) else { return };
        let classes = dimension.select(false, |witness| !known.iter().any(|alias| **alias == *witness));
        let mut product = self.base.clone();
        product.restrict(&self.space.layout, place, &classes);
        if !product.is_empty(&self.space.layout) {
            self.found.push(product);
        }
    }

    /// The names of the encryption context are listed once more, and asymmetric keys have none.
    fn encryption_context(&mut self) {
        let pairs: Vec<(usize, Box<str>)> = self
            .space
            .dimensions
            .iter()
            .enumerate()
            .filter_map(|(place, dimension)| {
                let lower = dimension.key.lower();
                Some((place, lower.strip_prefix(ENCRYPTION_CONTEXT)?.into()))
            })
            .collect();
        let asymmetric = match self.request.context.lookup(&Key::new("kms:KeySpec")) {
            Lookup::One(spec) => !matches!(spec, "SYMMETRIC_DEFAULT" | "SM4"),
            _ => false,
        };
        for (_, name) in &pairs {
            let key = format!("{ENCRYPTION_CONTEXT}{name}");
            if asymmetric {
                self.never(&[(&key, Is::Present)]);
            }
            self.listed(&key, name);
        }
        if asymmetric {
            self.never(&[(CONTEXT_KEYS, Is::Present)]);
        }
    }

    /// A pair is there just if its name is listed.
    fn listed(&mut self, key: &str, name: &str) {
        let Some(list) = self.space.place(CONTEXT_KEYS) else { return };
        let Some(dimension) = self.space.dimensions.get(list) else { return };
        let is_name = dimension.select(false, |witness| witness.to_lowercase() == name);
        let is_other = dimension.select(false, |witness| witness.to_lowercase() != name);
        if let Some(mut unlisted) = self.product(&[(key, Is::Present)]) {
            unlisted.restrict(&self.space.layout, list, &is_other);
            self.found.push(unlisted);
        }
        if let Some(mut missing) = self.product(&[(key, Is::Absent)]) {
            missing.hit(list, &is_name);
            if !missing.is_empty(&self.space.layout) {
                self.found.push(missing);
            }
        }
    }
}

/// `s3.amazonaws.com`: what stands for the address where a service calls.
fn is_service(text: &str) -> bool {
    let stem = text.strip_suffix(SERVICES);
    stem.is_some_and(|stem| stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}
