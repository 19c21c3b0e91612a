//! Who is calling, from where, and the condition keys that follow from that.

use std::net::IpAddr;
use std::sync::Arc;

use wardbook_audit::time::Timestamp;
use wardbook_policy::caller::Caller as Principal;
use wardbook_policy::context::Values;

use crate::authenticate::Authentic;
use crate::directory::Directory;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};

/// A caller whose signature was genuine.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The credential, region and service.
    pub authentic: Authentic,
    /// Who it is.
    pub principal: Principal,
    /// The account.
    pub account: String,
    /// From where.
    pub source: IpAddr,
    /// Whether nobody on the way could listen.
    pub secure: bool,
    /// The caller's software.
    pub user_agent: Option<String>,
}

/// Condition keys with their values.
#[derive(Clone, Debug, Default)]
pub struct Facts(pub Vec<(String, Values)>);

impl Facts {
    /// A key with one value.
    pub fn text(&mut self, key: &str, value: impl AsRef<str>) -> &mut Self {
        self.0.push((key.to_owned(), Values::from(value.as_ref())));
        self
    }

    /// A key that says yes or no, if the request says either: AWS tells one that was left out apart from a no.
    pub fn flag(&mut self, key: &str, value: Option<bool>) -> &mut Self {
        self.some(key, value.map(|value| if value { "true" } else { "false" }))
    }

    /// A key with one value, if there is one.
    pub fn some(&mut self, key: &str, value: Option<impl AsRef<str>>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    /// A key with a list of values.
    pub fn many<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.0.push((key.to_owned(), Values::Many(values.into_iter().map(Into::into).collect())));
        self
    }
}

impl Caller {
    /// The caller behind an authentic request.
    pub fn new(authentic: Authentic, raw: &Raw, loopback_is_secure: bool) -> Result<Self, Refusal> {
        let odd = |_| Refusal::new(Why::UnrecognizedClient, "The security token included in the request is invalid.");
        let principal = Principal::parse(&authentic.credential.principal).map_err(odd)?;
        let account = principal.account().unwrap_or_default().to_owned();
        let secure = raw.tls.is_some() || (loopback_is_secure && raw.peer.is_loopback());
        let user_agent = raw.header("user-agent").map(str::to_owned);
        Ok(Self { authentic, principal, account, source: raw.peer, secure, user_agent })
    }

    /// The service itself, when it acts without being asked.
    pub fn service(region: &str) -> Result<Self, Refusal> {
        let credential = crate::credential::Credential::new("", Vec::new(), "kms.amazonaws.com");
        let authentic =
            Authentic { credential: Arc::new(credential), region: region.to_owned(), service: "kms".to_owned() };
        let principal = Principal::parse("kms.amazonaws.com").map_err(|_| Refusal::new(Why::Internal, ""))?;
        let source = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let account = String::new();
        Ok(Self { authentic, principal, account, source, secure: true, user_agent: None })
    }

    /// Its ARN.
    pub fn arn(&self) -> &str {
        self.principal.text()
    }

    /// The region that it called.
    pub fn region(&self) -> &str {
        &self.authentic.region
    }

    /// The address as the log has it: the name of the service where one relays.
    pub fn source_name(&self) -> String {
        match self.via_stem() {
            Some(stem) => format!("{stem}.amazonaws.com"),
            None => self.source.to_string(),
        }
    }

    /// The service that relays, without its region.
    pub fn via_stem(&self) -> Option<&str> {
        self.authentic.credential.via.as_deref().and_then(|via| via.split('.').next())
    }

    /// What follows from who calls and how.
    pub fn facts(&self, directory: &Directory, now: Timestamp) -> Facts {
        let credential = &self.authentic.credential;
        let mut facts = Facts::default();
        let seconds = Timestamp::from_micros(now.micros().div_euclid(1_000_000) * 1_000_000);
        facts.text("aws:CurrentTime", seconds.to_string());
        facts.text("aws:EpochTime", (now.micros().div_euclid(1_000_000)).to_string());
        facts.text("aws:SecureTransport", if self.secure { "true" } else { "false" });
        facts.text("aws:RequestedRegion", self.region());
        facts.some("aws:UserAgent", self.user_agent.as_ref());
        match &credential.via {
            Some(via) => {
                let service = format!("{}.amazonaws.com", via.split('.').next().unwrap_or_default());
                facts.text("kms:ViaService", via);
                // Actions that carry no kms:ViaService are called on somebody's behalf all the same, and from the
                // service's own network, whose address is in nobody's range. CloudTrail has its name there.
                facts.text("aws:ViaAWSService", "true");
                facts.many("aws:CalledVia", [service.as_str()]);
                facts.text("aws:SourceIp", &service);
            }
            None => {
                facts.text("aws:SourceIp", self.source.to_string());
            }
        }
        if let Some(arn) = &credential.source_arn {
            facts.text("aws:SourceArn", arn);
            let account = wardbook_policy::arn::Arn::parse(arn).map(|arn| arn.account.to_owned());
            let account = account.filter(|account| !account.is_empty());
            let source = account.as_ref().map(|account| directory.account(account));
            if let Some((id, path)) = source.and_then(|source| source.organization.as_ref()) {
                facts.text("aws:SourceOrgID", id);
                facts.many("aws:SourceOrgPaths", [path.as_str()]);
            }
            facts.some("aws:SourceAccount", account);
        }
        let known = directory.principal(&self.principal);
        let mut tags: Vec<(&str, &str)> = Vec::new();
        if let Some(session) = &credential.session {
            let began = Timestamp::from_micros(session.began.micros().div_euclid(1_000_000) * 1_000_000);
            facts.text("aws:TokenIssueTime", began.to_string());
            facts.text("aws:MultiFactorAuthPresent", "false");
            facts.some("aws:SourceIdentity", session.source_identity.as_ref());
            tags.extend(session.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        if let Some(known) = known {
            for (name, value) in &known.tags {
                if !tags.iter().any(|(told, _)| told.eq_ignore_ascii_case(name)) {
                    tags.push((name, value));
                }
            }
            let session = self.arn().rsplit('/').next().unwrap_or_default();
            match (&known.id, self.arn().contains(":assumed-role/")) {
                (Some(id), true) => facts.text("aws:userid", format!("{id}:{session}")),
                (Some(id), false) => facts.text("aws:userid", id),
                (None, _) => &mut facts,
            };
            if known.arn.contains(":role/") {
                facts.text("aws:PrincipalArn", &known.arn);
            }
        }
        for (name, value) in tags {
            facts.text(&format!("aws:PrincipalTag/{name}"), value);
        }
        if let Some((id, path)) = &directory.account(&self.account).organization {
            facts.text("aws:PrincipalOrgID", id);
            facts.many("aws:PrincipalOrgPaths", [path.as_str()]);
        }
        facts
    }
}
