//! Who a session belongs to and what they have proved, and from where they came: fields of a record that only we read.

use std::sync::Arc;

use bytes::{Buf as _, Bytes, BytesMut};

use super::codec::{DecodeError, field_len, put_bytes, put_field, take_text, text};
use super::data::framed_len;
use crate::clock::Timestamp;
use crate::device::Device;
use crate::factor::Factor;
use crate::key::UserId;
use crate::request::{Binding, BoundAddress, Fingerprint};

pub(super) const USER: u8 = 1;
pub(super) const AUTHENTICATED: u8 = 3;
pub(super) const FACTORS: u8 = 5;
pub(super) const ROLES: u8 = 6;
const USER_AGENT: u8 = 8;
const ADDRESS: u8 = 9;
const LOCATION: u8 = 10;
const DEVICE: u8 = 11;
pub(super) const BOUND_ADDRESS: u8 = 12;
pub(super) const BOUND_FINGERPRINT: u8 = 13;

/// The user of a session, and how far they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    pub(crate) user: UserId,
    /// A further factor is awaited: nobody is logged in yet.
    pub(crate) pending: bool,
    /// When the user last proved who they are.
    pub(crate) at: Timestamp,
    /// Each factor once, with the last time that it was proved.
    pub(crate) factors: Vec<(Factor, Timestamp)>,
    pub(crate) roles: Vec<Arc<str>>,
    /// To which client the session is bound.
    pub(crate) binding: Binding,
}

impl Authentication {
    pub(crate) fn prove(&mut self, factor: &Factor, now: Timestamp) {
        self.factors.retain(|(known, _)| known != factor);
        self.factors.push((factor.clone(), now));
        self.at = now;
    }

    pub(crate) fn proved_at(&self, factor: &Factor) -> Option<Timestamp> {
        let proved = self.factors.iter().find(|(proved, _)| proved == factor);
        proved.map(|(_, at)| *at)
    }

    /// Whether the user has the role, once nothing is awaited any more.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|has| **has == *role)
    }
}

/// From where the user logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) user_agent: Option<Arc<str>>,
    /// The client's address, as exact as the application keeps it.
    pub(crate) address: Option<Bytes>,
    pub(crate) location: Option<Arc<str>>,
    pub(crate) device: Option<Device>,
}

impl Metadata {
    /// Whether a field is one of these.
    pub(super) fn has(tag: u8) -> bool {
        [USER_AGENT, ADDRESS, LOCATION, DEVICE].contains(&tag)
    }

    /// Reads a field, if it is one of these; `None` if nobody wrote it so.
    pub(super) fn take(&mut self, tag: u8, field: &[u8]) -> Option<()> {
        match tag {
            USER_AGENT => self.user_agent = Some(text(field)?.into()),
            ADDRESS => self.address = Some(Bytes::copy_from_slice(field)),
            LOCATION => self.location = Some(text(field)?.into()),
            DEVICE => self.device = Some(take_device(field)?),
            _ => {}
        }
        Some(())
    }
}

pub(super) fn put_authentication(out: &mut BytesMut, authentication: &Authentication) {
    put_field(out, USER, authentication.user.as_str().as_bytes());
    put_field(out, AUTHENTICATED, &authentication.at.as_millis().to_be_bytes());
    if !authentication.factors.is_empty() {
        put_field(out, FACTORS, &factors(authentication));
    }
    if !authentication.roles.is_empty() {
        put_field(out, ROLES, &roles(authentication));
    }
    let binding = &authentication.binding;
    if let Some(address) = &binding.address {
        put_field(out, BOUND_ADDRESS, &address.to_bytes());
    }
    if let Some(fingerprint) = &binding.fingerprint {
        put_field(out, BOUND_FINGERPRINT, &fingerprint.to_bytes());
    }
}

fn factors(authentication: &Authentication) -> BytesMut {
    let mut out = BytesMut::with_capacity(factors_len(authentication));
    for (factor, at) in &authentication.factors {
        put_bytes(&mut out, factor.as_str().as_bytes());
        out.extend_from_slice(&at.as_millis().to_be_bytes());
    }
    out
}

fn roles(authentication: &Authentication) -> BytesMut {
    let mut out = BytesMut::with_capacity(roles_len(authentication));
    for role in &authentication.roles {
        put_bytes(&mut out, role.as_bytes());
    }
    out
}

fn factors_len(authentication: &Authentication) -> usize {
    let factors = authentication.factors.iter();
    factors
        .map(|(factor, _)| framed_len(factor.as_str().len()) + 8)
        .sum()
}

fn roles_len(authentication: &Authentication) -> usize {
    authentication
        .roles
        .iter()
        .map(|role| framed_len(role.len()))
        .sum()
}

/// The length of what [`put_authentication`] writes, in bytes.
pub(super) fn authentication_len(authentication: &Authentication) -> usize {
    let list = |len| if len == 0 { 0 } else { field_len(len) };
    let binding = &authentication.binding;
    field_len(authentication.user.as_str().len())
        + field_len(8)
        + list(factors_len(authentication))
        + list(roles_len(authentication))
        + binding.address.map_or(0, |_| field_len(BoundAddress::LEN))
        + binding.fingerprint.map_or(0, |_| field_len(Fingerprint::LEN))
}

pub(super) fn put_metadata(out: &mut BytesMut, metadata: &Metadata) {
    if let Some(user_agent) = &metadata.user_agent {
        put_field(out, USER_AGENT, user_agent.as_bytes());
    }
    if let Some(address) = &metadata.address {
        put_field(out, ADDRESS, address);
    }
    if let Some(location) = &metadata.location {
        put_field(out, LOCATION, location.as_bytes());
    }
    if let Some(device) = &metadata.device {
        let mut texts = BytesMut::with_capacity(device_len(device));
        for text in device_texts(device) {
            put_bytes(&mut texts, text.as_bytes());
        }
        put_field(out, DEVICE, &texts);
    }
}

fn device_texts(device: &Device) -> [&str; 3] {
    [
        device.id(),
        device.name().unwrap_or_default(),
        device.device_type().unwrap_or_default(),
    ]
}

fn device_len(device: &Device) -> usize {
    device_texts(device)
        .iter()
        .map(|text| framed_len(text.len()))
        .sum()
}

/// The length of what [`put_metadata`] writes, in bytes.
pub(super) fn metadata_len(metadata: &Metadata) -> usize {
    let lens = [
        metadata.user_agent.as_ref().map(|text| text.len()),
        metadata.address.as_ref().map(Bytes::len),
        metadata.location.as_ref().map(|text| text.len()),
        metadata.device.as_ref().map(device_len),
    ];
    lens.into_iter().flatten().map(field_len).sum()
}

/// The fields of an authentication as they are read, in any order.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) user: Option<UserId>,
    pub(super) at: Option<Timestamp>,
    pub(super) factors: Vec<(Factor, Timestamp)>,
    pub(super) roles: Vec<Arc<str>>,
    pub(super) binding: Binding,
}

impl Fields {
    /// What they add up to, unless what belongs to a user stands there without one.
    pub(super) fn complete(self, pending: bool) -> Result<Option<Authentication>, DecodeError> {
        let nobodys = self.factors.is_empty() && self.roles.is_empty() && self.binding == Binding::default();
        match (self.user, self.at) {
            (Some(user), Some(at)) => Ok(Some(Authentication {
                user,
                pending,
                at,
                factors: self.factors,
                roles: self.roles,
                binding: self.binding,
            })),
            (None, None) if nobodys && !pending => Ok(None),
            _ => Err(DecodeError::Corrupt),
        }
    }
}

pub(super) fn take_factors(mut field: &[u8]) -> Option<Vec<(Factor, Timestamp)>> {
    let mut factors = Vec::new();
    while !field.is_empty() {
        let factor = Factor::read(take_text(&mut field)?);
        factors.push((factor, Timestamp::from_millis(field.try_get_u64().ok()?)));
    }
    Some(factors)
}

pub(super) fn take_roles(mut field: &[u8]) -> Option<Vec<Arc<str>>> {
    let mut roles = Vec::new();
    while !field.is_empty() {
        roles.push(take_text(&mut field)?.into());
    }
    Some(roles)
}

fn take_device(mut field: &[u8]) -> Option<Device> {
    let mut text = || take_text(&mut field);
    let (id, name, device_type) = (text()?, text()?, text()?);
    (field.is_empty() && !id.is_empty()).then(|| Device::read(id, name, device_type))
}
