//! Custom key stores: described, connected, taken apart. Where they are was said by the operator, not by the caller.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Parameters, Prose, Word};
use wardbook_audit::time::Timestamp;
use wardbook_backend::backend::Backend;
use wardbook_backend::error::BackendError;
use wardbook_backend::secret::Secret;
use wardbook_backend::token::MaterialId;

use super::fact::named;
use super::list::{Sizes, page};
use super::metadata::kept;
use crate::api::{
    CONNECT_CUSTOM_KEY_STORE_REQUEST, CREATE_CUSTOM_KEY_STORE_REQUEST, ConnectCustomKeyStoreRequest,
    ConnectionErrorCodeType, ConnectionStateType, CreateCustomKeyStoreRequest, CreateCustomKeyStoreResponse,
    CustomKeyStoreType, CustomKeyStoresListEntry, DELETE_CUSTOM_KEY_STORE_REQUEST, DESCRIBE_CUSTOM_KEY_STORES_REQUEST,
    DISCONNECT_CUSTOM_KEY_STORE_REQUEST, DeleteCustomKeyStoreRequest, DescribeCustomKeyStoresRequest,
    DescribeCustomKeyStoresResponse, DisconnectCustomKeyStoreRequest, Shape, UPDATE_CUSTOM_KEY_STORE_REQUEST,
    UpdateCustomKeyStoreRequest, XksProxyAuthenticationCredentialType, XksProxyConfigurationType,
    XksProxyConnectivityType,
};
use crate::caller::Facts;
use crate::desk::{Desk, bind, refused};
use crate::kms::{Permit, Pool};
use crate::limits::KEY_STORES_MAX;
use crate::name::{KeyName, StoreName, hex};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Connection, Hidden, Key, KeyRecord, KeyStore, KeyStoreRecord, Material, MaterialState, StoreKind};
use crate::wire::decode::SecretText;
use crate::wire::encode::Empty;

fn place(id: &str, desk: &Desk<'_>) -> StoreName {
    let (account, region) = (desk.caller.account.clone(), desk.caller.region().to_owned());
    StoreName { account, region, id: id.to_owned() }
}

fn find(id: &str, desk: &mut Desk<'_>) -> Result<(StoreName, KeyStore), Refusal> {
    let name = place(id, desk);
    let found = desk.key_store(&name);
    let missing = || Refusal::new(Why::KeyStoreNotFound, format!("Custom key store {id} does not exist."));
    found.map(|store| (name, store)).ok_or_else(missing)
}

fn wrong_state(id: &str, wanted: &str) -> Refusal {
    Refusal::new(Why::KeyStoreState, format!("Custom key store {id} must be {wanted} for this operation."))
}

/// The keys of a store, which go before it does.
fn has_keys(name: &StoreName, desk: &Desk<'_>) -> bool {
    desk.read(|state| {
        let mut keys = state.keys_of(&name.account, &name.region);
        keys.any(|key| key.record.key_store.as_deref() == Some(name.id.as_str()))
    })
}

/// The cluster of a key in a CloudHSM key store.
pub(super) fn cluster_of(key: &Key, desk: &Desk<'_>) -> Option<String> {
    let KeyName { account, region, .. } = key.name.clone();
    let name = StoreName { account, region, id: key.record.key_store.clone()? };
    let cluster = desk.read(|state| state.key_store(&name).map(|store| store.record.cluster.clone()));
    cluster.filter(|cluster| !cluster.is_empty())
}

/// The connected token behind a CloudHSM key store, for random bytes.
pub(super) fn cluster(id: &str, desk: &mut Desk<'_>) -> Result<Arc<dyn Backend>, Refusal> {
    let (name, store) = find(id, desk)?;
    if store.record.kind != StoreKind::CloudHsm {
        let message = format!("Custom key store {id} is an external key store, which makes no random bytes.");
        return Err(Refusal::new(Why::Unsupported, message));
    }
    if desk.moves_to(Pool::KeyStore(name.clone())) {
        return Err(Refusal::new(Why::Internal, ""));
    }
    connected(&name, &store, desk)
}

fn connected(name: &StoreName, store: &KeyStore, desk: &Desk<'_>) -> Result<Arc<dyn Backend>, Refusal> {
    if store.record.connection != Connection::Connected {
        return Err(wrong_state(&name.id, "CONNECTED"));
    }
    desk.kms.parts.key_stores.backend(name, &store.record).map_err(|error| refused(error, &name.id))
}

/// The material of a new key in a store: made in the token, or the external key that is named.
pub(super) fn material(
    name: &KeyName,
    store: &str,
    record: &KeyRecord,
    desk: &mut Desk<'_>,
) -> Result<Material, Refusal> {
    let (store_name, found) = find(store, desk)?;
    let fits = match found.record.kind {
        StoreKind::CloudHsm => "AWS_CLOUDHSM",
        StoreKind::External => "EXTERNAL_KEY_STORE",
    };
    if record.origin != fits {
        let message = format!("Origin {} is not valid for custom key store {store}.", record.origin);
        return Err(Refusal::new(Why::Validation, message));
    }
    let holder = connected(&store_name, &found, desk)?;
    let id = MaterialId(desk.random()?);
    let binding = bind(name, &record.spec, &record.usage, id)?;
    let token = match &record.external_id {
        None => holder.generate(&binding, &desk.call(&desk.labels())).map_err(|error| refused(error, &name.arn()))?,
        Some(external) => {
            let taken = desk.read(|state| {
                state.keys_of(&name.account, &name.region).any(|key| {
                    key.record.external_id.as_ref() == Some(external) && key.record.key_store.as_deref() == Some(store)
                })
            });
            if taken {
                let message = format!("XksKeyId {external} is in use by another key of {store}.");
                return Err(Refusal::new(Why::XksKeyInUse, message));
            }
            let adopted = holder.adopt(&binding, external, &desk.call(&desk.labels()));
            adopted.map_err(|error| match error {
                BackendError::NotFound => {
                    Refusal::new(Why::XksKeyNotFound, format!("The proxy knows no key {external}."))
                }
                BackendError::Unsupported { .. } | BackendError::WrongUsage { .. } | BackendError::InvalidState => {
                    Refusal::new(Why::XksKeyConfiguration, error.to_string())
                }
                error => refused(error, &name.arn()),
            })?
        }
    };
    let state = MaterialState::Current;
    Ok(Material { id: id.to_string(), token: Some(kept(&token)), state, rotated: None, import: None })
}

fn text(secret: &SecretText) -> String {
    String::from_utf8_lossy(secret.0.expose()).into_owned()
}

fn credential(given: Option<&XksProxyAuthenticationCredentialType>) -> Option<(String, Hidden)> {
    given.map(|given| (text(&given.access_key_id), Hidden(text(&given.raw_secret_access_key))))
}

/// Whether the operator named the place, and nobody else has it.
fn check_place(own: &StoreName, record: &KeyStoreRecord, desk: &Desk<'_>) -> Result<(), Refusal> {
    let known = desk.kms.parts.key_stores.knows(&record.place());
    let taken = desk.read(|state| {
        let mut others = state.key_stores_of(&own.account, &own.region);
        others.any(|(name, store)| name != own && store.record.place() == record.place())
    });
    match (record.kind, known, taken) {
        (_, true, false) => Ok(()),
        (StoreKind::CloudHsm, false, _) => {
            Err(Refusal::new(Why::ClusterNotFound, format!("Cluster {} does not exist.", record.cluster)))
        }
        (StoreKind::CloudHsm, true, true) => {
            Err(Refusal::new(Why::ClusterInUse, format!("Cluster {} has a key store already.", record.cluster)))
        }
        (StoreKind::External, false, _) => Err(Refusal::new(
            Why::XksProxyUnreachable,
            format!("{} is not among the places that the operator of this service named.", record.place()),
        )),
        (StoreKind::External, true, true) => {
            Err(Refusal::new(Why::XksProxyInUse, format!("{} has a key store already.", record.place())))
        }
    }
}

fn check_name(own: &StoreName, wanted: &str, desk: &Desk<'_>) -> Result<(), Refusal> {
    let taken = desk.read(|state| {
        state.key_stores_of(&own.account, &own.region).any(|(name, store)| name != own && store.record.name == wanted)
    });
    match taken {
        false => Ok(()),
        true => Err(Refusal::new(Why::KeyStoreNameInUse, format!("The name {wanted} is in use."))),
    }
}

/// Connects, to see whether it can be; what is wrong is told in the way of an external key store.
fn try_out(name: &StoreName, record: &KeyStoreRecord, desk: &Desk<'_>) -> Result<(), Refusal> {
    let tried = desk.kms.parts.key_stores.connect(name, record);
    desk.kms.parts.key_stores.disconnect(name);
    let why = match tried {
        Ok(_) => return Ok(()),
        Err(BackendError::AccessDenied) => Why::XksProxyCredential,
        Err(BackendError::Timeout | BackendError::Unavailable) => Why::XksProxyUnreachable,
        Err(BackendError::InvalidInput(_)) => Why::XksProxyConfiguration,
        Err(_) => Why::XksProxyResponse,
    };
    Err(Refusal::new(why, format!("The proxy at {} could not be used.", record.place())))
}

/// Whether a proxy that is reached through an endpoint service has one, and no other proxy does.
fn check_connectivity(record: &KeyStoreRecord) -> Result<(), Refusal> {
    let by_service = record.connectivity == XksProxyConnectivityType::VpcEndpointService.name();
    match by_service == record.endpoint_service.is_some() {
        true => Ok(()),
        false => Err(Refusal::new(Why::Validation, "XksProxyVpcEndpointServiceName goes with VPC_ENDPOINT_SERVICE.")),
    }
}

impl CreateCustomKeyStoreRequest {
    fn record(&self, now: i64) -> Result<KeyStoreRecord, Refusal> {
        let invalid = |message: &str| Refusal::new(Why::Validation, message);
        let kind = match self.custom_key_store_type {
            Some(CustomKeyStoreType::ExternalKeyStore) => StoreKind::External,
            None | Some(CustomKeyStoreType::AwsCloudhsm) => StoreKind::CloudHsm,
        };
        let mut record = KeyStoreRecord {
            name: self.custom_key_store_name.clone(),
            kind,
            created: now,
            connection: Connection::Disconnected,
            cluster: self.cloud_hsm_cluster_id.clone().unwrap_or_default(),
            anchor: self.trust_anchor_certificate.clone().unwrap_or_default(),
            endpoint: self.xks_proxy_uri_endpoint.clone().unwrap_or_default(),
            path: self.xks_proxy_uri_path.clone().unwrap_or_default(),
            connectivity: self.xks_proxy_connectivity.map(|kind| kind.name().to_owned()).unwrap_or_default(),
            endpoint_service: self.xks_proxy_vpc_endpoint_service_name.clone(),
            access_key: String::new(),
            secret: Hidden(String::new()),
        };
        match kind {
            StoreKind::CloudHsm => {
                let password = self.key_store_password.as_ref();
                if record.cluster.is_empty() || record.anchor.is_empty() || !record.endpoint.is_empty() {
                    let message = "A CloudHSM key store needs CloudHsmClusterId, TrustAnchorCertificate and \
                                   KeyStorePassword, and nothing of a proxy.";
                    return Err(invalid(message));
                }
                record.secret = Hidden(text(password.ok_or_else(|| invalid("KeyStorePassword is required."))?));
            }
            StoreKind::External => {
                let given = credential(self.xks_proxy_authentication_credential.as_ref());
                let of_cluster = !record.cluster.is_empty() || !record.anchor.is_empty();
                let (Some((access_key, secret)), false) = (given, of_cluster || self.key_store_password.is_some())
                else {
                    return Err(invalid(
                        "An external key store needs XksProxyAuthenticationCredential, and no cluster.",
                    ));
                };
                if record.endpoint.is_empty() || record.path.is_empty() || record.connectivity.is_empty() {
                    let message = "XksProxyUriEndpoint, XksProxyUriPath and XksProxyConnectivity are required.";
                    return Err(invalid(message));
                }
                check_connectivity(&record)?;
                (record.access_key, record.secret) = (access_key, secret);
            }
        }
        Ok(record)
    }
}

impl Serve for CreateCustomKeyStoreRequest {
    const SHAPE: &'static Shape = &CREATE_CUSTOM_KEY_STORE_REQUEST;
    type Answer = CreateCustomKeyStoreResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set(Field::CUSTOM_KEY_STORE_NAME, Prose::new(&self.custom_key_store_name));
        parameters.set_some(Field::CLOUD_HSM_CLUSTER_ID, self.cloud_hsm_cluster_id.as_deref().and_then(Name::new));
        let kind = self.custom_key_store_type.and_then(|kind| Word::new(kind.name()));
        parameters.set_some(Field::CUSTOM_KEY_STORE_TYPE, kind);
        parameters.set_some(Field::XKS_PROXY_URI_ENDPOINT, self.xks_proxy_uri_endpoint.as_deref().and_then(Name::new));
        parameters.set_some(Field::XKS_PROXY_URI_PATH, self.xks_proxy_uri_path.as_deref().and_then(Name::new));
        let connectivity = self.xks_proxy_connectivity.and_then(|kind| Word::new(kind.name()));
        parameters.set_some(Field::XKS_PROXY_CONNECTIVITY, connectivity);
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        Ok(Plan::anything("kms:CreateCustomKeyStore", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let id = format!("cks-{}", hex(&desk.random::<9>()?).get(..17).unwrap_or_default());
        let (name, record) = (place(&id, desk), self.record(desk.now.micros())?);
        desk.stay_below(KEY_STORES_MAX, "custom key stores", |state| {
            state.key_stores_of(&name.account, &name.region).count()
        })?;
        check_name(&name, &record.name, desk)?;
        check_place(&name, &record, desk)?;
        if record.kind == StoreKind::External {
            try_out(&name, &record, desk)?;
        }
        desk.seen.push((name.row(), 0));
        desk.writes.key_store(&name, record);
        desk.note_answer(Field::CUSTOM_KEY_STORE_ID, Name::new(id.as_str()));
        Ok(CreateCustomKeyStoreResponse { custom_key_store_id: Some(id) })
    }
}

impl UpdateCustomKeyStoreRequest {
    /// Whether there is something to update, and nothing of it belongs to a store of the other kind.
    fn check_kind(&self, kind: StoreKind) -> Result<(), Refusal> {
        let invalid = |message: &str| Err(Refusal::new(Why::Validation, message));
        let of_cluster = self.key_store_password.is_some() || self.cloud_hsm_cluster_id.is_some();
        let of_proxy = self.xks_proxy_uri_endpoint.is_some()
            || self.xks_proxy_uri_path.is_some()
            || self.xks_proxy_connectivity.is_some()
            || self.xks_proxy_vpc_endpoint_service_name.is_some()
            || self.xks_proxy_vpc_endpoint_service_owner.is_some()
            || self.xks_proxy_authentication_credential.is_some();
        match kind {
            StoreKind::CloudHsm if of_proxy => invalid("A CloudHSM key store has nothing of a proxy."),
            StoreKind::External if of_cluster => invalid("An external key store has nothing of a cluster."),
            _ if of_cluster || of_proxy || self.new_custom_key_store_name.is_some() => Ok(()),
            _ => invalid("There is nothing to update."),
        }
    }
}

impl Serve for UpdateCustomKeyStoreRequest {
    const SHAPE: &'static Shape = &UPDATE_CUSTOM_KEY_STORE_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::CUSTOM_KEY_STORE_ID, Name::new(self.custom_key_store_id.as_str()));
        parameters.set_some(Field::CUSTOM_KEY_STORE_NAME, self.new_custom_key_store_name.as_deref().map(Prose::new));
        parameters.set_some(Field::XKS_PROXY_URI_ENDPOINT, self.xks_proxy_uri_endpoint.as_deref().and_then(Name::new));
        parameters.set_some(Field::XKS_PROXY_URI_PATH, self.xks_proxy_uri_path.as_deref().and_then(Name::new));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        Ok(Plan::anything("kms:UpdateCustomKeyStore", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (name, store) = find(&self.custom_key_store_id, desk)?;
        self.check_kind(store.record.kind)?;
        let mut record = store.record.clone();
        if let Some(wanted) = &self.new_custom_key_store_name {
            check_name(&name, wanted, desk)?;
            record.name.clone_from(wanted);
        }
        match record.kind {
            StoreKind::CloudHsm => {
                if let Some(password) = &self.key_store_password {
                    record.secret = Hidden(text(password));
                }
                if let Some(cluster) = &self.cloud_hsm_cluster_id {
                    record.cluster.clone_from(cluster);
                }
            }
            StoreKind::External => {
                if let Some((access_key, secret)) = credential(self.xks_proxy_authentication_credential.as_ref()) {
                    (record.access_key, record.secret) = (access_key, secret);
                }
                for (field, given) in
                    [(&mut record.endpoint, &self.xks_proxy_uri_endpoint), (&mut record.path, &self.xks_proxy_uri_path)]
                {
                    if let Some(given) = given {
                        field.clone_from(given);
                    }
                }
                if let Some(connectivity) = self.xks_proxy_connectivity {
                    connectivity.name().clone_into(&mut record.connectivity);
                }
                if self.xks_proxy_connectivity.is_some() || self.xks_proxy_vpc_endpoint_service_name.is_some() {
                    record.endpoint_service.clone_from(&self.xks_proxy_vpc_endpoint_service_name);
                }
                check_connectivity(&record)?;
            }
        }
        // The path and the credential may change under a connection, and where it leads to may not.
        let led = |record: &KeyStoreRecord| {
            (record.endpoint.clone(), record.connectivity.clone(), record.endpoint_service.clone())
        };
        if led(&record) != led(&store.record) && record.connection == Connection::Connected {
            return Err(wrong_state(&name.id, "DISCONNECTED"));
        }
        check_place(&name, &record, desk)?;
        let moved = KeyStoreRecord { name: store.record.name.clone(), ..record.clone() } != store.record;
        if moved && record.kind == StoreKind::CloudHsm && record.connection == Connection::Connected {
            return Err(wrong_state(&name.id, "DISCONNECTED"));
        }
        if moved && record.kind == StoreKind::External {
            try_out(&name, &record, desk)?;
        }
        desk.kms.parts.key_stores.disconnect(&name);
        desk.kms.opened.clear();
        desk.writes.key_store(&name, record);
        Ok(Empty)
    }
}

macro_rules! about_one {
    ($request:ident, $shape:ident, $action:literal, $run:ident) => {
        impl Serve for $request {
            const SHAPE: &'static Shape = &$shape;
            type Answer = Empty;

            fn note(&self, parameters: &mut Parameters) {
                parameters.set_some(Field::CUSTOM_KEY_STORE_ID, Name::new(self.custom_key_store_id.as_str()));
            }

            fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
                Ok(Plan::anything($action, Facts::default()))
            }

            fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
                let (name, store) = find(&self.custom_key_store_id, desk)?;
                $run(name, store, desk).map(|()| Empty)
            }
        }
    };
}

about_one!(ConnectCustomKeyStoreRequest, CONNECT_CUSTOM_KEY_STORE_REQUEST, "kms:ConnectCustomKeyStore", connect);
about_one!(
    DisconnectCustomKeyStoreRequest,
    DISCONNECT_CUSTOM_KEY_STORE_REQUEST,
    "kms:DisconnectCustomKeyStore",
    disconnect
);
about_one!(DeleteCustomKeyStoreRequest, DELETE_CUSTOM_KEY_STORE_REQUEST, "kms:DeleteCustomKeyStore", delete);

fn connect(name: StoreName, store: KeyStore, desk: &mut Desk<'_>) -> Result<(), Refusal> {
    if store.record.connection == Connection::Connected {
        return Err(wrong_state(&name.id, "DISCONNECTED"));
    }
    let mut record = store.record;
    record.connection = match desk.kms.parts.key_stores.connect(&name, &record) {
        Ok(_) => Connection::Connected,
        Err(error) => Connection::Failed(connection_error(record.kind, error).to_owned()),
    };
    desk.writes.key_store(&name, record);
    Ok(())
}

/// Why a connection failed, in the words of DescribeCustomKeyStores.
fn connection_error(kind: StoreKind, error: BackendError) -> &'static str {
    match (kind, error) {
        (StoreKind::CloudHsm, BackendError::AccessDenied) => "INVALID_CREDENTIALS",
        (StoreKind::CloudHsm, BackendError::NotFound) => "CLUSTER_NOT_FOUND",
        (StoreKind::External, BackendError::AccessDenied) => "XKS_PROXY_ACCESS_DENIED",
        (StoreKind::External, BackendError::NotFound) => "XKS_PROXY_NOT_REACHABLE",
        (StoreKind::External, BackendError::Timeout) => "XKS_PROXY_TIMED_OUT",
        (StoreKind::External, BackendError::Unavailable) => "XKS_PROXY_NOT_REACHABLE",
        (_, BackendError::Timeout | BackendError::Unavailable) => "NETWORK_ERRORS",
        _ => "INTERNAL_ERROR",
    }
}

fn disconnect(name: StoreName, store: KeyStore, desk: &mut Desk<'_>) -> Result<(), Refusal> {
    if store.record.connection == Connection::Disconnected {
        return Err(wrong_state(&name.id, "CONNECTED"));
    }
    desk.kms.parts.key_stores.disconnect(&name);
    desk.kms.opened.clear();
    desk.writes.key_store(&name, KeyStoreRecord { connection: Connection::Disconnected, ..store.record });
    Ok(())
}

fn delete(name: StoreName, store: KeyStore, desk: &mut Desk<'_>) -> Result<(), Refusal> {
    if has_keys(&name, desk) {
        return Err(Refusal::new(Why::KeyStoreHasKeys, format!("Custom key store {} has keys.", name.id)));
    }
    if store.record.connection == Connection::Connected {
        return Err(wrong_state(&name.id, "DISCONNECTED"));
    }
    desk.writes.no_key_store(&name);
    Ok(())
}

impl Serve for DescribeCustomKeyStoresRequest {
    const SHAPE: &'static Shape = &DESCRIBE_CUSTOM_KEY_STORES_REQUEST;
    type Answer = DescribeCustomKeyStoresResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::CUSTOM_KEY_STORE_ID, self.custom_key_store_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::CUSTOM_KEY_STORE_NAME, self.custom_key_store_name.as_deref().map(Prose::new));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        if self.custom_key_store_id.is_some() && self.custom_key_store_name.is_some() {
            let message = "CustomKeyStoreId and CustomKeyStoreName cannot be specified together.";
            return Err(Refusal::new(Why::Validation, message));
        }
        Ok(Plan::anything("kms:DescribeCustomKeyStores", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (account, region) = (desk.caller.account.as_str(), desk.caller.region());
        let wanted = |name: &StoreName, store: &KeyStore| {
            self.custom_key_store_id.as_ref().is_none_or(|id| *id == name.id)
                && self.custom_key_store_name.as_ref().is_none_or(|wanted| *wanted == store.record.name)
        };
        let found: Vec<(String, CustomKeyStoresListEntry)> = desk.read(|state| {
            let stores = state.key_stores_of(account, region).filter(|(name, store)| wanted(name, store));
            stores.map(|(name, store)| (name.id.clone(), entry(name, &store.record))).collect()
        });
        let asked = self.custom_key_store_id.as_ref().or(self.custom_key_store_name.as_ref());
        if let (Some(asked), true) = (asked, found.is_empty()) {
            return Err(Refusal::new(Why::KeyStoreNotFound, format!("Custom key store {asked} does not exist.")));
        }
        let sizes = Sizes { list: "key-stores", usual: 100, max: 1_000 };
        let (stores, next) = page(found.into_iter(), self.limit, self.marker.as_ref(), &sizes)?;
        Ok(DescribeCustomKeyStoresResponse {
            custom_key_stores: Some(stores),
            truncated: Some(next.is_some()),
            next_marker: next,
        })
    }
}

fn entry(name: &StoreName, record: &KeyStoreRecord) -> CustomKeyStoresListEntry {
    let external = record.kind == StoreKind::External;
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let (state, error) = match &record.connection {
        Connection::Connected => (ConnectionStateType::Connected, None),
        Connection::Disconnected => (ConnectionStateType::Disconnected, None),
        Connection::Failed(code) => (ConnectionStateType::Failed, named::<ConnectionErrorCodeType>(code)),
    };
    let configuration = XksProxyConfigurationType {
        connectivity: named(&record.connectivity),
        access_key_id: Some(SecretText(Secret::copy(record.access_key.as_bytes()))),
        uri_endpoint: some(&record.endpoint),
        uri_path: some(&record.path),
        vpc_endpoint_service_name: record.endpoint_service.clone(),
        vpc_endpoint_service_owner: None,
    };
    CustomKeyStoresListEntry {
        custom_key_store_id: Some(name.id.clone()),
        custom_key_store_name: Some(record.name.clone()),
        cloud_hsm_cluster_id: some(&record.cluster),
        trust_anchor_certificate: some(&record.anchor),
        connection_state: Some(state),
        connection_error_code: error,
        creation_date: Some(Timestamp::from_micros(record.created)),
        custom_key_store_type: Some(match record.kind {
            StoreKind::CloudHsm => CustomKeyStoreType::AwsCloudhsm,
            StoreKind::External => CustomKeyStoreType::ExternalKeyStore,
        }),
        xks_proxy_configuration: external.then_some(configuration),
    }
}
