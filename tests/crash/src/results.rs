//! What came of each point, one JSON object a line, so that a proof that was cut off goes on.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Fallible;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The point and how it went wrong.
    pub point: String,
    /// `healed`, `not reached` or `failed`.
    pub verdict: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    pub seconds: f64,
}

/// A file of lines, the last one about a point counts.
pub struct Results {
    path: PathBuf,
    pub lines: BTreeMap<String, Line>,
}

impl Results {
    /// Goes on with what the file has, or begins anew.
    pub fn open(path: &Path, resume: bool) -> Fallible<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut lines = BTreeMap::new();
        if resume && path.exists() {
            for line in BufReader::new(File::open(path)?).lines() {
                // The last line of a proof that was killed may be half a line.
                let Ok(line) = serde_json::from_str::<Line>(&line?) else { continue };
                lines.insert(line.point.clone(), line);
            }
        } else {
            File::create(path)?;
        }
        Ok(Self { path: path.to_owned(), lines })
    }

    pub fn add(&mut self, line: Line) -> Fallible<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        writeln!(file, "{}", serde_json::to_string(&line)?)?;
        self.lines.insert(line.point.clone(), line);
        Ok(())
    }

    /// Whether the point need not be looked at again. What failed is.
    pub fn has(&self, point: &str) -> bool {
        self.lines.get(point).is_some_and(|line| line.verdict != "failed")
    }

    pub fn count(&self, verdict: &str) -> usize {
        self.lines.values().filter(|line| line.verdict == verdict).count()
    }
}
