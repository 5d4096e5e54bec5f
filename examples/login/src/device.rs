//! Devices, as clients name them and are shown them.

use keycard::Device;
use serde::{Deserialize, Serialize};

/// `{id, name?, type?}`. One that could be read is valid.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub(crate) struct NamedDevice(pub(crate) Device);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Fields {
    id: String,
    name: Option<String>,
    #[serde(rename = "type")]
    device_type: Option<String>,
}

impl TryFrom<Fields> for NamedDevice {
    type Error = keycard::Error;

    fn try_from(fields: Fields) -> Result<Self, keycard::Error> {
        let mut device = Device::new(fields.id)?;
        if let Some(name) = fields.name {
            device = device.named(name)?;
        }
        if let Some(device_type) = fields.device_type {
            device = device.of_type(device_type)?;
        }
        Ok(Self(device))
    }
}

impl From<NamedDevice> for Fields {
    fn from(NamedDevice(device): NamedDevice) -> Self {
        Self {
            id: device.id().to_owned(),
            name: device.name().map(str::to_owned),
            device_type: device.device_type().map(str::to_owned),
        }
    }
}
