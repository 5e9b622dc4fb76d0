//! A function's binary as Lambda takes it: a zip with an executable named `bootstrap`.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use shared::plan::hex;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::bucket::Artifacts;
use crate::failure::Failure;

/// Uploads are often; what is saved by trying harder is little.
const FAST: i64 = 1;

/// Uploads the binary unless the bucket has it; its key.
///
/// The key is made from the binary's content, so that the same code is the same object.
pub async fn upload(artifacts: &Artifacts, name: &str, binary: &Path) -> Result<String, Failure> {
    let key = format!("functions/{name}-{}.zip", digest(binary.to_owned()).await?);
    if !artifacts.has(&key) {
        let path = binary.to_owned();
        let zipped = aside(move || zipped(&path)).await;
        let cannot =
            |error| Failure::new(format!("cannot package `{}`", binary.display())).because(error);
        artifacts.put(&key, zipped.map_err(cannot)?).await?;
    }
    Ok(key)
}

/// The first 16 hexadecimal digits of the binary's SHA-256. By ring, which is as quick in a
/// debug build: there are 14 binaries of 60 MB.
async fn digest(binary: PathBuf) -> Result<String, Failure> {
    let shown = binary.display().to_string();
    let found = aside(move || {
        let mut hash = Context::new(&SHA256);
        hash.update(&fs::read(&binary)?);
        Ok(hex(hash.finish().as_ref())[..16].to_owned())
    });
    found.await.map_err(|error| Failure::new(format!("cannot read `{shown}`")).because(error))
}

fn zipped(binary: &Path) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(FAST))
        // The same binary is the same zip, whenever it is made.
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", options)?;
    io::copy(&mut File::open(binary)?, &mut zip)?;
    Ok(zip.finish()?.into_inner())
}

/// Work for the processor, beside what waits for the network.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_same_binary_is_the_same_zip_with_an_executable_bootstrap() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let binary = folder.path().join("keys");
        fs::write(&binary, "a program")?;
        let first = zipped(&binary)?;
        File::options().append(true).open(&binary)?.set_modified(UNIX_EPOCH)?;
        assert_eq!(first, zipped(&binary)?);
        let mut archive = zip::ZipArchive::new(Cursor::new(first))?;
        let mut file = archive.by_name("bootstrap")?;
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = Vec::new();
        io::copy(&mut file, &mut text)?;
        assert_eq!(text, b"a program");
        Ok(())
    }

    #[tokio::test]
    async fn another_binary_has_another_digest() -> Result<(), Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = folder.path().join("keys");
        fs::write(&binary, "abc").expect("written");
        // The test vector of FIPS 180.
        assert_eq!(digest(binary.clone()).await?, "ba7816bf8f01cfea");
        fs::write(&binary, "another program").expect("written");
        assert_ne!(digest(binary).await?, "ba7816bf8f01cfea");
        Ok(())
    }
}
