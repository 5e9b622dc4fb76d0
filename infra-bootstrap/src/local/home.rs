//! The folder in which the local cloud keeps its state: `.terrace`, ignored by git.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

const FOLDER: &str = ".terrace";

/// What lies in it is nobody's source.
const IGNORE: &str = "*\n";

pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// `TERRACE_HOME`, or the nearest `.terrace` at or above the working folder, or one in it.
    pub fn find() -> Result<Self, Failure> {
        let given = std::env::var_os("TERRACE_HOME").filter(|it| !it.is_empty());
        let cannot = |error| Failure::new("cannot tell the working folder").because(error);
        let here = std::env::current_dir().map_err(cannot)?;
        let folder = match given {
            Some(folder) => here.join(folder),
            None => nearest(&here).unwrap_or_else(|| here.join(FOLDER)),
        };
        Ok(Self { folder })
    }

    /// Where the private Python environment lies: beside the sources, for all state folders.
    pub fn of_sources() -> Self {
        let project = sources().ancestors().nth(2).unwrap_or_else(|| Path::new("."));
        Self { folder: project.join(FOLDER) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn record(&self) -> PathBuf {
        self.path("local.json")
    }

    pub fn log(&self) -> PathBuf {
        self.path("local.log")
    }

    pub fn data(&self) -> PathBuf {
        self.path("local-data")
    }

    /// Whether what the local cloud holds was saved, or is nothing yet. A cloud that is killed
    /// saves nothing.
    pub fn is_whole(&self) -> bool {
        let data = self.data();
        !data.join("s3").exists() || data.join("saved").exists()
    }

    /// Makes the folder.
    pub fn make(&self) -> Result<(), Failure> {
        let cannot = |error| {
            Failure::new(format!("cannot make `{}`", self.folder.display()))
                .because(error)
                .hint("name a folder that can be written with `TERRACE_HOME`")
        };
        fs::create_dir_all(&self.folder).map_err(cannot)?;
        let ignore = self.path(".gitignore");
        if ignore.exists() { Ok(()) } else { fs::write(ignore, IGNORE).map_err(cannot) }
    }

    /// Held until dropped: one at a time starts or stops.
    pub fn lock(&self) -> Result<File, Failure> {
        self.lock_file("lock")
    }

    /// Held until dropped: one at a time installs Python packages. A lock of its own, because
    /// who starts the local cloud holds the other.
    pub fn lock_packages(&self) -> Result<File, Failure> {
        self.lock_file("packages.lock")
    }

    fn lock_file(&self, name: &str) -> Result<File, Failure> {
        self.make()?;
        let path = self.path(name);
        let cannot =
            |error| Failure::new(format!("cannot lock `{}`", path.display())).because(error);
        let file = File::options().create(true).append(true).open(&path).map_err(cannot)?;
        file.lock().map_err(cannot)?;
        Ok(file)
    }
}

fn nearest(here: &Path) -> Option<PathBuf> {
    here.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.is_dir())
}

/// The sources of the local cloud: the binary is made to run beside them.
pub fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_saved_is_not_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home { folder: folder.path().to_owned() };
        assert!(home.is_whole(), "nothing yet");
        fs::create_dir_all(home.data().join("s3")).expect("made");
        assert!(!home.is_whole(), "killed");
        fs::write(home.data().join("saved"), "").expect("written");
        assert!(home.is_whole(), "stopped");
    }
}
