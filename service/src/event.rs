//! What the log will say about a request, gathered from its first byte on.

use wardbook_audit::event::{
    AccessKeyId, EventKind, EventText, Field, Identity, Name, NewEvent, Parameters, Prose, Resource, Session, Word,
};
use wardbook_audit::journal::CutTail;
use wardbook_audit::time::Timestamp;
use wardbook_backend::random::Random;
use wardbook_policy::caller::CallerKind;

use crate::authenticate::Claim;
use crate::caller::Caller;
use crate::desk::Notes;
use crate::directory::Directory;
use crate::name::{KeyName, uuid};
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};
use crate::wire::error;

/// One request, as the log will have it.
#[derive(Debug)]
pub struct Case {
    /// The id of the request.
    pub request_id: String,
    /// When it completed.
    pub time: Timestamp,
    /// Whether it only reads.
    pub read_only: bool,
    /// What was gathered while it was worked on.
    pub notes: Notes,
    source: &'static str,
    event_id: String,
    name: Option<Word>,
    region: String,
    identity: Identity,
    source_address: String,
    user_agent: Option<String>,
    account: String,
    tls: Option<(String, String, String)>,
}

/// What the operator's log says of a request: names, and nothing that was encrypted or decrypted, signed or proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The service that was asked.
    pub service: &'static str,
    /// The operation, as far as it is a word.
    pub operation: Option<String>,
    /// Who it was, once the signature was genuine.
    pub principal: Option<String>,
    /// The id of the access key that was claimed.
    pub access_key: Option<String>,
    /// The region of the signature.
    pub region: String,
    /// Why it was refused, by the name that the audit log has too.
    pub error: Option<&'static str>,
}

impl Case {
    /// Opens the case of a request of which nothing is believed yet.
    pub fn open(raw: &Raw, now: Timestamp, random: &dyn Random) -> Self {
        Self::of(raw, Claim::read(raw).ok().as_ref(), now, random)
    }

    /// The same, where what it claims was read before.
    pub fn of(raw: &Raw, claim: Option<&Claim>, now: Timestamp, random: &dyn Random) -> Self {
        let id = || {
            let mut bytes = [0; 16];
            // Without randomness no signature could be checked either, and the request fails further down.
            let _ = random.fill(&mut bytes);
            uuid(bytes)
        };
        let access_key = claim.map(|claim| claim.access_key.clone()).or_else(|| Claim::access_key_of(raw));
        let claimed = access_key.and_then(AccessKeyId::new);
        let region = claim.map(|claim| claim.region.clone()).unwrap_or_default();
        let tls =
            raw.tls.clone().map(|(version, suite)| (version, suite, raw.header("host").unwrap_or("-").to_owned()));
        Self {
            request_id: id(),
            time: now,
            read_only: false,
            notes: Notes::default(),
            source: "kms.amazonaws.com",
            event_id: id(),
            name: None,
            region,
            identity: Identity { access_key: claimed, ..Identity::default() },
            source_address: raw.peer.to_string(),
            user_agent: raw.header("user-agent").map(str::to_owned),
            account: "unknown".to_owned(),
            tls,
        }
    }

    /// Which service it is about, if not KMS.
    pub fn about(&mut self, source: &'static str) {
        self.source = source;
    }

    /// The operation, or as much of its name as is a word.
    pub fn name(&mut self, name: &str) {
        self.name = Word::new(name);
    }

    /// Who it was.
    pub fn identify(&mut self, caller: &Caller, directory: &Directory) {
        self.identity = identity(caller, directory);
        self.account = caller.account.clone();
        self.region = caller.region().to_owned();
        self.source_address = caller.source_name();
    }

    /// The operation, as far as it is a word.
    pub fn operation(&self) -> &str {
        self.name.as_ref().map(Word::as_str).unwrap_or_default()
    }

    /// The unique id of who it was, if it is known.
    pub fn principal_id(&self) -> Option<String> {
        self.identity.principal_id.as_ref().map(|id| id.as_str().to_owned())
    }

    /// What the operator's log says of it.
    pub fn told(&self, refusal: Option<&Refusal>) -> Told {
        Told {
            service: self.source,
            operation: self.name.as_ref().map(|name| name.as_str().to_owned()),
            principal: self.identity.arn.as_ref().map(|arn| arn.as_str().to_owned()),
            access_key: self.identity.access_key.as_ref().map(|key| key.as_str().to_owned()),
            region: self.region.clone(),
            error: refusal.map(|refusal| error::logged_name(refusal.why)),
        }
    }

    /// The event, with the refusal if it was refused.
    pub fn event(&mut self, refusal: Option<&Refusal>) -> Result<EventText, Refusal> {
        let failed = || Refusal::new(Why::Internal, "the event of the request could not be made");
        let error = refusal.map(|refusal| {
            let code = Word::new(error::logged_name(refusal.why)).ok_or_else(failed)?;
            Ok((code, Prose::new(&refusal.message)))
        });
        let tls = self.tls.as_ref().and_then(|(version, suite, host)| {
            Some((Word::new(version.as_str())?, Word::new(suite.as_str())?, Name::new(host.as_str())?))
        });
        let word = |text: &str| Word::new(text).or_else(|| Word::new("unknown")).ok_or_else(failed);
        let name = |text: &str| Name::new(text).or_else(|| Name::new("unknown")).ok_or_else(failed);
        let mut event = NewEvent {
            id: name(&self.event_id)?,
            time: self.time,
            kind: EventKind::ApiCall { request_id: name(&self.request_id)? },
            source: word(self.source)?,
            name: self.name.clone(),
            region: word(&self.region)?,
            identity: Identity::default(),
            source_address: Prose::new(&self.source_address),
            user_agent: self.user_agent.as_deref().map(Prose::new),
            error: error.transpose()?,
            read_only: self.read_only,
            request: None,
            response: None,
            additional: Parameters::default(),
            details: None,
            resources: Vec::new(),
            recipient_account: name(&self.account)?,
            shared_id: None,
            vpc_endpoint: None,
            tls,
            decision: None,
        };
        // What was gathered is lent to the event: it may have to be told again.
        let notes = &mut self.notes;
        event.identity = std::mem::take(&mut self.identity);
        event.request = Some(std::mem::take(&mut notes.request)).filter(|request| !request.is_empty());
        event.response = notes.response.take_if(|_| refusal.is_none());
        event.additional = std::mem::take(&mut notes.additional);
        event.resources = std::mem::take(&mut notes.resources);
        event.decision = notes.decision.take();
        let finished = event.finish();
        self.identity = event.identity;
        notes.request = event.request.unwrap_or_default();
        notes.response = event.response.or_else(|| notes.response.take());
        (notes.additional, notes.resources, notes.decision) = (event.additional, event.resources, event.decision);
        finished.map_err(|_| failed())
    }
}

/// An act of the service itself on a key.
pub fn service_event(
    name: &str,
    key: &KeyName,
    now: Timestamp,
    mut details: Parameters,
    random: &dyn Random,
) -> Result<EventText, Refusal> {
    let failed = || Refusal::new(Why::Internal, "the event of an act of the service could not be made");
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| failed())?;
    let named = |text: &str| Name::new(text).ok_or_else(failed);
    details.set(Field::KEY_ID, named(&key.id)?);
    let resource = Resource { arn: named(&key.arn())?, account: named(&key.account)?, kind: named("AWS::KMS::Key")? };
    let event = NewEvent {
        id: named(&uuid(bytes))?,
        time: now,
        kind: EventKind::ServiceEvent,
        source: Word::new("kms.amazonaws.com").ok_or_else(failed)?,
        name: Word::new(name),
        region: Word::new(key.region.as_str()).ok_or_else(failed)?,
        identity: Identity {
            account: Name::new(key.account.as_str()),
            invoked_by: Some(Prose::new("AWS Internal")),
            ..Identity::default()
        },
        source_address: Prose::new("AWS Internal"),
        user_agent: Some(Prose::new("AWS Internal")),
        error: None,
        read_only: false,
        request: None,
        response: None,
        additional: Parameters::default(),
        details: Some(details),
        resources: vec![resource],
        recipient_account: named(&key.account)?,
        shared_id: None,
        vpc_endpoint: None,
        tls: None,
        decision: None,
    };
    event.finish().map_err(|_| failed())
}

/// The event that names what a crash cut off the journal. Whoever verifies the log looks for the path and the digest.
pub fn torn_event(cut: &CutTail, now: Timestamp, random: &dyn Random) -> Result<EventText, Refusal> {
    let failed = || Refusal::new(Why::Internal, "the event of a torn journal could not be made");
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| failed())?;
    let named = |text: String| Name::new(text).ok_or_else(failed);
    let word = |text: &str| Word::new(text).ok_or_else(failed);
    let mut details = Parameters::default();
    details.set(Field::KEPT, named(cut.kept.display().to_string())?);
    details.set(Field::SEGMENT, named(cut.segment.display().to_string())?);
    details.set(Field::OFFSET, cut.offset as u64).set(Field::LENGTH, cut.length as u64);
    let event = NewEvent {
        id: named(uuid(bytes))?,
        time: now,
        kind: EventKind::ServiceEvent,
        source: word("wardbook")?,
        name: Some(word("SetTornTailAside")?),
        region: word("local")?,
        identity: Identity::default(),
        source_address: Prose::new("localhost"),
        user_agent: None,
        error: Some((word("TornTail")?, Prose::new(&format!("SHA-256 {}", cut.digest)))),
        read_only: false,
        request: None,
        response: None,
        additional: Parameters::default(),
        details: Some(details),
        resources: Vec::new(),
        recipient_account: named("unknown".into())?,
        shared_id: None,
        vpc_endpoint: None,
        tls: None,
        decision: None,
    };
    event.finish().map_err(|_| failed())
}

fn identity(caller: &Caller, directory: &Directory) -> Identity {
    let principal = &caller.principal;
    let known = directory.principal(principal);
    let id = known.and_then(|known| known.id.clone());
    let session_name = caller.arn().rsplit('/').next().unwrap_or_default();
    let (kind, principal_id) = match principal.kind() {
        CallerKind::Root => ("Root", Some(caller.account.clone())),
        CallerKind::User => ("IAMUser", id.clone()),
        CallerKind::Session | CallerKind::Role => ("AssumedRole", id.clone().map(|id| format!("{id}:{session_name}"))),
        CallerKind::FederatedUser => ("FederatedUser", Some(format!("{}:{session_name}", caller.account))),
        CallerKind::Service => ("AWSService", None),
        CallerKind::Federated | CallerKind::CanonicalUser | CallerKind::Anonymous => ("Unknown", None),
    };
    let credential = &caller.authentic.credential;
    let user_name = (principal.kind() == CallerKind::User).then(|| principal.name().to_owned());
    Identity {
        kind: Word::new(kind),
        principal_id: principal_id.and_then(Name::new),
        arn: Name::new(caller.arn()),
        account: Name::new(caller.account.as_str()),
        access_key: AccessKeyId::new(credential.access_key.as_str()),
        user_name: user_name.and_then(Name::new),
        invoked_by: caller.via_stem().map(|stem| Prose::new(&format!("{stem}.amazonaws.com"))),
        session: (principal.kind() == CallerKind::Session)
            .then(|| session(caller, known.map(|known| known.arn.as_str()), id))
            .flatten(),
    }
}

fn session(caller: &Caller, role: Option<&str>, id: Option<String>) -> Option<Session> {
    let session = caller.authentic.credential.session.as_ref()?;
    let role = role.map(str::to_owned).or_else(|| caller.principal.role_arn().map(String::from))?;
    Some(Session {
        issuer_arn: Name::new(role)?,
        issuer_kind: Word::new("Role")?,
        issuer_principal_id: Name::new(id.unwrap_or_else(|| caller.principal.name().to_owned()))?,
        issuer_account: Name::new(caller.account.as_str())?,
        issuer_name: Name::new(caller.principal.name())?,
        created: session.began,
        mfa: false,
        source_identity: session.source_identity.as_deref().and_then(Name::new),
    })
}
