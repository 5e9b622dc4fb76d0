//! What is known of the local cloud's process, kept in the state folder.

use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::Home;
use crate::failure::Failure;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub port: u16,
    /// `None` after it was stopped.
    pub pid: Option<u32>,
    /// MiniStack's; empty until it answered for the first time.
    #[serde(default)]
    pub version: String,
}

impl Record {
    pub fn new(port: u16, pid: u32) -> Self {
        Self { port, pid: Some(pid), version: String::new() }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn read(home: &Home) -> Result<Option<Self>, Failure> {
        let path = home.record();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(
                    Failure::new(format!("cannot read `{}`", path.display())).because(error)
                );
            }
        };
        // Half written, or by another version: as good as none.
        Ok(serde_json::from_str(&text).ok())
    }

    /// Writes it in one go: readers see the old one or the new one.
    pub fn write(&self, home: &Home) -> Result<(), Failure> {
        let (path, new) = (home.record(), home.path("local.json.new"));
        let cannot =
            |error| Failure::new(format!("cannot write `{}`", path.display())).because(error);
        let text = serde_json::to_string(self).map_err(std::io::Error::from).map_err(cannot)?;
        fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).map_err(cannot)
    }
}
