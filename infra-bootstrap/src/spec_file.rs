//! A spec file on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use shared::spec::{self, Spec};

use crate::failure::Failure;

pub struct SpecFile {
    /// Its name without folders, which is its name in the bucket.
    pub name: String,
    pub spec: Spec,
    /// What is uploaded: the file as it stands, or with the files it refers to written into it.
    pub upload: String,
}

impl SpecFile {
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let cannot = || Failure::new(format!("cannot read `{shown}`"));
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => cannot()
                .because("there is no such file")
                .hint("`infra-bootstrap/examples/` has specs to begin with"),
            _ => cannot().because(error),
        })?;
        let mut pulled_in = false;
        let load = |beside: &str| {
            pulled_in = true;
            fs::read_to_string(resolve(path, beside))
        };
        let spec = spec::read_with(&text, &shown, load)
            .map_err(|problems| Failure::refused_spec(problems, text.clone()))?;
        let name =
            path.file_name().map(|it| it.to_string_lossy().into_owned()).ok_or_else(cannot)?;
        let upload = if pulled_in { complete(&spec)? } else { text };
        Ok(Self { name: upload_name(&name), spec, upload })
    }
}

/// A path that a spec names is meant from the spec's own folder.
fn resolve(spec: &Path, beside: &str) -> PathBuf {
    spec.parent().unwrap_or_else(|| Path::new("")).join(beside)
}

/// Bare `shop` becomes `shop.yaml`: only such names are taken for specs in the bucket.
fn upload_name(name: &str) -> String {
    let known = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    if known { name.to_owned() } else { format!("{name}.yaml") }
}

/// JSON is YAML, so a spec that was completed keeps its file's name.
fn complete(spec: &Spec) -> Result<String, Failure> {
    serde_json::to_string_pretty(spec)
        .map_err(|error| Failure::new("cannot write the spec as JSON").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {enabled: false}\n";

    fn read(text: &str) -> Result<SpecFile, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("start.sh"), "#!/bin/sh\necho on\n").expect("written");
        let path = folder.path().join("shop.yaml");
        fs::write(&path, text).expect("written");
        SpecFile::read(&path)
    }

    #[test]
    fn a_spec_that_stands_alone_is_uploaded_as_it_is() -> Result<(), Failure> {
        assert_eq!(read(SPEC)?.upload, SPEC);
        Ok(())
    }

    #[test]
    fn a_script_in_a_file_of_its_own_is_written_into_what_is_uploaded() -> Result<(), Failure> {
        let file = read(&format!("{SPEC}app: {{user_data: {{file: start.sh}}}}\n"))?;
        let uploaded = spec::read(&file.upload, "specs/shop.yaml").expect("complete in itself");
        assert_eq!(uploaded, file.spec);
        assert!(file.upload.contains("echo on"));
        Ok(())
    }

    #[test]
    fn only_names_that_the_bucket_takes_for_specs_are_used() {
        let cases = [("shop.yaml", "shop.yaml"), ("shop.json", "shop.json"), ("shop", "shop.yaml")];
        for (name, expected) in cases {
            assert_eq!(upload_name(name), expected);
        }
    }
}
