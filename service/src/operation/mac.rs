//! Message authentication codes, made and verified.

use wardbook_audit::event::{Field, Parameters, Word};

use super::cipher::suits;
use super::key::note_key;
use crate::api::{
    GENERATE_MAC_REQUEST, GenerateMacRequest, GenerateMacResponse, MacAlgorithmSpec, Shape, VERIFY_MAC_REQUEST,
    VerifyMacRequest, VerifyMacResponse,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, refused};
use crate::kms::Permit;
use crate::refusal::Refusal;
use crate::serve::{Plan, Serve};
use crate::wire::decode::Blob;

fn facts(algorithm: MacAlgorithmSpec) -> Facts {
    let mut facts = Facts::default();
    facts.text("kms:MacAlgorithm", algorithm.name());
    facts
}

fn note(key: &str, algorithm: MacAlgorithmSpec, dry: Option<bool>, to: &mut Parameters) {
    note_key(key, to);
    to.set_some(Field::MAC_ALGORITHM, Word::new(algorithm.name()));
    to.set_some(Field::DRY_RUN, dry);
}

impl Serve for GenerateMacRequest {
    const SHAPE: &'static Shape = &GENERATE_MAC_REQUEST;
    type Answer = GenerateMacResponse;

    fn note(&self, parameters: &mut Parameters) {
        note(&self.key_id, self.mac_algorithm, self.dry_run, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:GenerateMac", &found, facts(self.mac_algorithm)).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let algorithm = suits(key, self.mac_algorithm.name())?;
        desk.stop_if_dry(self.dry_run)?;
        let made = desk.open(key)?.mac(algorithm, self.message.expose(), &desk.call(&desk.labels()));
        let mac = made.map_err(|error| refused(error, &key.name.arn()))?;
        Ok(GenerateMacResponse {
            mac: Some(Blob(mac)),
            mac_algorithm: Some(self.mac_algorithm),
            key_id: Some(key.name.arn()),
        })
    }
}

impl Serve for VerifyMacRequest {
    const SHAPE: &'static Shape = &VERIFY_MAC_REQUEST;
    type Answer = VerifyMacResponse;

    fn note(&self, parameters: &mut Parameters) {
        note(&self.key_id, self.mac_algorithm, self.dry_run, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:VerifyMac", &found, facts(self.mac_algorithm)).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let algorithm = suits(key, self.mac_algorithm.name())?;
        desk.stop_if_dry(self.dry_run)?;
        let verified =
            desk.open(key)?.verify_mac(algorithm, self.message.expose(), &self.mac.0, &desk.call(&desk.labels()));
        verified.map_err(|error| refused(error, &key.name.arn()))?;
        Ok(VerifyMacResponse {
            key_id: Some(key.name.arn()),
            mac_valid: Some(true),
            mac_algorithm: Some(self.mac_algorithm),
        })
    }
}
