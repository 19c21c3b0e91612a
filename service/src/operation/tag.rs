//! Tags of keys.

use wardbook_audit::event::{Field, Name, Names, Parameters};

use super::create::noted_tags;
use super::fact::tell_tags;
use super::key::{change, check_manager, note_key};
use super::list::{Sizes, page};
use crate::api::{
    LIST_RESOURCE_TAGS_REQUEST, ListResourceTagsRequest, ListResourceTagsResponse, Shape, TAG_RESOURCE_REQUEST, Tag,
    TagResourceRequest, UNTAG_RESOURCE_REQUEST, UntagResourceRequest,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk};
use crate::kms::{KEY_ID, Permit};
use crate::limits::TAGS_MAX;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::wire::encode::Empty;

impl Serve for TagResourceRequest {
    const SHAPE: &'static Shape = &TAG_RESOURCE_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set(Field::TAGS, noted_tags(&self.tags));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        tell_tags(&self.tags, &mut facts)?;
        Ok(Plan::on("kms:TagResource", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_manager(key)?;
        let mut tags = key.record.tags.clone();
        for tag in &self.tags {
            let twin =
                tags.keys().any(|known| *known != tag.tag_key && known.to_lowercase() == tag.tag_key.to_lowercase());
            if twin {
                return Err(Refusal::new(Why::Tag, "Duplicate tag keys"));
            }
            tags.insert(tag.tag_key.clone(), tag.tag_value.clone());
        }
        if tags.len() > TAGS_MAX {
            return Err(Refusal::new(Why::Tag, "Too many tags"));
        }
        change(key, desk, |record| record.tags = tags);
        Ok(Empty)
    }
}

impl Serve for UntagResourceRequest {
    const SHAPE: &'static Shape = &UNTAG_RESOURCE_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters
            .set(Field::TAG_KEYS, Names(self.tag_keys.iter().filter_map(|key| Name::new(key.as_str())).collect()));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.many("aws:TagKeys", self.tag_keys.iter().map(String::as_str));
        Ok(Plan::on("kms:UntagResource", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        if self.tag_keys.iter().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
            return Err(Refusal::new(Why::Tag, "Tags beginning with aws: are reserved"));
        }
        let key = plan.key()?;
        check_manager(key)?;
        change(key, desk, |record| record.tags.retain(|key, _| !self.tag_keys.contains(key)));
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        Ok(Empty)
    }
}

impl Serve for ListResourceTagsRequest {
    const SHAPE: &'static Shape = &LIST_RESOURCE_TAGS_REQUEST;
    type Answer = ListResourceTagsResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:ListResourceTags", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let tags = plan.key()?.record.tags.iter();
        let tags = tags.map(|(key, value)| (key.clone(), Tag { tag_key: key.clone(), tag_value: value.clone() }));
        let (tags, next) = page(tags, self.limit, self.marker.as_ref(), &Sizes { list: "tags", usual: 50, max: 50 })?;
        Ok(ListResourceTagsResponse { tags: Some(tags), truncated: Some(next.is_some()), next_marker: next })
    }
}
