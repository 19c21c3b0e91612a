//! Services, their actions and their resource types.

use globset::{GlobBuilder, GlobMatcher};

use super::table::{Row, Table};
use super::{ConditionKey, NAME_BYTES_MAX, condition_key};

pub(super) const SERVICES: Table = Table::new(include_str!("../../data/service.tsv"));
pub(super) const ACTIONS: Table = Table::new(include_str!("../../data/action.tsv"));
pub(super) const RESOURCES: Table = Table::new(include_str!("../../data/resource.tsv"));

/// The service with this prefix, such as `kms`.
pub fn service(prefix: &str) -> Option<Service> {
    SERVICES.find(&[prefix]).map(Service)
}

/// All services, sorted by prefix.
pub fn services() -> impl Iterator<Item = Service> {
    SERVICES.rows().map(Service)
}

/// The action with this full name, such as `kms:Decrypt`. A pattern is not a name.
pub fn action(name: &str) -> Option<Action> {
    ACTIONS.find(&[name]).map(Action)
}

/// All actions of all services, sorted by name.
pub fn actions() -> impl Iterator<Item = Action> {
    ACTIONS.rows().map(Action)
}

/// The actions that a pattern of a policy's `Action` stands for: `*` is any run of characters and `?`
/// any one, everywhere in the name.
///
/// A name without wildcards gives that action or nothing.
///
/// ```
/// use wardbook_policy::catalogue::actions_matching;
///
/// let names: Vec<_> = actions_matching("kms:re*grant").map(|action| action.name()).collect();
/// assert_eq!(names, ["kms:RetireGrant", "kms:RevokeGrant"]);
/// ```
pub fn actions_matching(pattern: &str) -> impl Iterator<Item = Action> + use<> {
    let (literal, filter) = Filter::new(pattern);
    ACTIONS.starting_with(literal).map(Action).filter(move |action| filter.accepts(action.name()))
}

/// The resource type with this name in this service, such as `key` in `kms`.
pub fn resource_type(service: &str, name: &str) -> Option<ResourceType> {
    RESOURCES.find(&[service, ":", name]).map(ResourceType)
}

/// A service that IAM knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service(Row);

impl Service {
    /// What stands before the colon of its actions.
    pub fn prefix(self) -> &'static str {
        self.0.field(0)
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        self.0.field(1)
    }

    /// Whether resource control policies apply to its resources.
    pub fn supports_resource_control_policies(self) -> bool {
        self.0.field(2) == "rcp"
    }

    /// Its actions, sorted by name.
    pub fn actions(self) -> impl Iterator<Item = Action> {
        ACTIONS.starting_with(format!("{}:", self.prefix())).map(Action)
    }
}

/// An action that a policy can allow or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action(Row);

impl Action {
    /// The full name as AWS spells it, such as `kms:Decrypt`.
    pub fn name(self) -> &'static str {
        self.0.field(0)
    }

    /// The prefix of its service, such as `kms`.
    pub fn service_prefix(self) -> &'static str {
        self.name().split(':').next().unwrap_or("")
    }

    /// The name after the colon, such as `Decrypt`.
    pub fn short_name(self) -> &'static str {
        self.name().split_once(':').map_or("", |(_, name)| name)
    }

    /// How far the action reaches.
    pub fn access_level(self) -> AccessLevel {
        match self.0.field(1) {
            "L" => AccessLevel::List,
            "R" => AccessLevel::Read,
            "T" => AccessLevel::Tagging,
            "P" => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        }
    }

    /// The types of resource that a statement can name for it. None: only `"*"` matches.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType> {
        self.0.list(2).filter_map(move |name| resource_type(self.service_prefix(), name.trim_end_matches('*')))
    }

    /// Those of [`Action::resource_types`] without which there is no such request.
    pub fn required_resource_types(self) -> impl Iterator<Item = ResourceType> {
        self.0
            .list(2)
            .filter_map(|name| name.strip_suffix('*'))
            .filter_map(move |name| resource_type(self.service_prefix(), name))
    }

    /// The condition keys of the action itself. Those of its resources come from
    /// [`ResourceType::condition_keys`], and the global ones from neither.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        self.0.list(3).filter_map(condition_key)
    }

    /// The names of the keys that it lists itself or through its resources, with repetitions.
    pub(crate) fn listed_keys(self) -> impl Iterator<Item = &'static str> {
        self.0.list(3).chain(self.resource_types().flat_map(|resource| resource.0.list(2)))
    }

    /// Whether a request for it can carry the key; see [`super::carries`].
    pub fn carries(self, key: ConditionKey) -> bool {
        key.is_carried_anyway()
            || self.0.list(3).any(|name| name == key.name())
            || self.resource_types().any(|resource| resource.lists(key))
    }
}

/// A kind of resource that a service's actions work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceType(Row);

impl ResourceType {
    /// The name within its service, such as `key`.
    pub fn name(self) -> &'static str {
        self.0.field(0).split_once(':').map_or("", |(_, name)| name)
    }

    /// The shape of its ARNs, such as `arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}`.
    pub fn arn_shape(self) -> &'static str {
        self.0.field(1)
    }

    /// The condition keys that every action on such a resource carries.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        self.0.list(2).filter_map(condition_key)
    }

    fn lists(self, key: ConditionKey) -> bool {
        self.0.list(2).any(|name| name == key.name())
    }
}

/// How far an action reaches, in IAM's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessLevel {
    /// Sees that resources exist.
    List,
    /// Sees what is in them.
    Read,
    /// Changes tags, and with them what policies on tags decide.
    Tagging,
    /// Makes, changes or removes resources.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// The level as IAM's pages spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Tagging => "Tagging",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// What is left to compare once the text before the first wildcard is known to match.
enum Filter {
    Nothing,
    Everything,
    Name(usize),
    Glob(GlobMatcher),
}

impl Filter {
    fn new(pattern: &str) -> (String, Self) {
        let mut collapsed = String::new();
        let mut bytes_to_match = 0;
        for character in pattern.chars() {
            if character == '*' {
                if !collapsed.ends_with('*') {
                    collapsed.push('*');
                }
                continue;
            }
            bytes_to_match += 1;
            if bytes_to_match > NAME_BYTES_MAX {
                return (String::new(), Self::Nothing);
            }
            collapsed.push(character);
        }
        let literal: String = collapsed.chars().take_while(|c| !"*?".contains(*c)).collect();
        let filter = match collapsed.strip_prefix(&literal) {
            Some("*") => Self::Everything,
            Some("") => Self::Name(literal.len()),
            _ => glob(&collapsed).map_or(Self::Nothing, Self::Glob),
        };
        (literal, filter)
    }

    fn accepts(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Name(length) => name.len() == *length,
            Self::Glob(matcher) => matcher.is_match(name),
        }
    }
}

/// A glob in which only `*` and `?` mean anything. Its `?` is a byte, and so is every character of a name.
fn glob(pattern: &str) -> Option<GlobMatcher> {
    let mut escaped = String::new();
    for character in pattern.chars() {
        if !character.is_ascii_alphanumeric() && !"*?:".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    let glob = GlobBuilder::new(&escaped)
        .case_insensitive(true)
        .literal_separator(false)
        .backslash_escape(true)
        .build()
        .ok()?;
    Some(glob.compile_matcher())
}
