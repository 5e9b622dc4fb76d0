//! The private Python environment, made once for each `requirements.txt`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sha2::{Digest, Sha256};
use shared::plan::hex;
use tokio::process::Command;

use super::Home;
use super::home::sources;
use crate::failure::Failure;
use crate::screen::Screen;

/// The oldest Python for which `requirements.txt` has hashes.
const PYTHON_MIN: (u32, u32) = (3, 10);

/// The last thing that is made: without it an installation was interrupted.
const COMPLETE: &str = "complete";

/// The interpreter of an environment that has everything; made if it is not there.
pub async fn ready(screen: &Screen) -> Result<PathBuf, Failure> {
    let requirements = sources().join("requirements.txt");
    let text = fs::read(&requirements).map_err(|error| {
        Failure::new(format!("cannot read `{}`", requirements.display()))
            .because(error)
            .hint("the local cloud is run from a checkout of Terrace; build `terrace` in one again")
    })?;
    let home = Home::of_sources();
    let _held = home.lock_packages()?;
    let folder = home.path(&format!("venv-{}", &hex(&Sha256::digest(&text))[..12]));
    let python = folder.join("bin/python");
    if !folder.join(COMPLETE).exists() || !python.exists() {
        screen.step("installing the local cloud's Python packages, once");
        let system = system_python("python3".as_ref()).await?;
        make(&system, &folder).await?;
        install(&python, &requirements).await?;
        fs::write(folder.join(COMPLETE), "").map_err(|error| {
            Failure::new(format!("cannot write into `{}`", folder.display())).because(error)
        })?;
    }
    Ok(python)
}

/// Where `program` really lies, if it is a Python that is new enough.
async fn system_python(program: &OsStr) -> Result<PathBuf, Failure> {
    let needed = format!("Python {}.{} or newer", PYTHON_MIN.0, PYTHON_MIN.1);
    let install = "install it with `sudo apt install python3 python3-venv`";
    let ask = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)";
    let missing =
        |why: String| Failure::new("cannot set up the local cloud").because(why).hint(install);
    let output = run(program, &["-c".as_ref(), ask.as_ref()]).await;
    let output =
        output.map_err(|_| missing(format!("it needs {needed}, and there is no `python3`")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = said.trim().splitn(3, ' ');
    let mut number = || words.next().and_then(|it| it.parse().ok()).unwrap_or_default();
    let version: (u32, u32) = (number(), number());
    if version < PYTHON_MIN {
        let why = format!("it needs {needed}, and `python3` is {}.{}", version.0, version.1);
        return Err(missing(why));
    }
    Ok(PathBuf::from(words.next().unwrap_or("python3")))
}

async fn make(system: &Path, folder: &Path) -> Result<(), Failure> {
    let arguments: [&OsStr; 4] =
        ["-m".as_ref(), "venv".as_ref(), "--clear".as_ref(), folder.as_ref()];
    let output = run(system.as_ref(), &arguments).await?;
    if output.status.success() {
        return Ok(());
    }
    let said = both(&output);
    let failure = Failure::new("cannot make a Python environment").because(last_lines(&said));
    // Debian and Ubuntu keep `venv` in a package of its own.
    Err(if said.contains("ensurepip") || said.contains("No module named venv") {
        failure.hint("install it with `sudo apt install python3-venv`")
    } else {
        failure
    })
}

async fn install(python: &Path, requirements: &Path) -> Result<(), Failure> {
    let arguments: [&OsStr; 7] = [
        "-m".as_ref(),
        "pip".as_ref(),
        "install".as_ref(),
        "--quiet".as_ref(),
        "--require-hashes".as_ref(),
        "--requirement".as_ref(),
        requirements.as_ref(),
    ];
    let output = run(python.as_ref(), &arguments).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new("cannot install the local cloud's Python packages")
        .because(last_lines(&both(&output)))
        .hint("pip needs PyPI or a mirror of it: check the network, `HTTPS_PROXY` and `PIP_INDEX_URL`"))
}

/// Runs a program to its end with what installing needs of the caller's environment: where
/// programs, mirrors, proxies and certificates are.
async fn run(program: &OsStr, arguments: &[&OsStr]) -> Result<Output, Failure> {
    let wanted = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]
            .contains(&name.as_str())
            || name.ends_with("_PROXY")
            || name.starts_with("PIP_")
    };
    let environment = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(wanted));
    let command = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    command.await.map_err(|error| {
        Failure::new(format!("cannot run `{}`", Path::new(program).display())).because(error)
    })
}

fn both(output: &Output) -> String {
    let (out, errors) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(errors))
}

fn last_lines(text: &str) -> String {
    const SHOWN: usize = 6;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program that says what `says` tells, whatever it is asked.
    fn python(folder: &Path, says: &str) -> PathBuf {
        let path = folder.join("python3");
        fs::write(&path, format!("#!/bin/sh\necho {says}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        path
    }

    /// The local cloud's own tests, with the packages that `terrace local start` runs it with.
    #[tokio::test]
    async fn the_local_cloud_passes_its_own_tests() -> Result<(), Failure> {
        let python = ready(&Screen::new(true)).await?;
        let tests = Command::new(python)
            .args(["-m", "unittest"])
            .current_dir(sources())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tests.await.expect("Python can be run");
        let said = both(&output);
        assert!(output.status.success(), "{said}");
        let ran = said.lines().find(|line| line.starts_with("Ran "));
        assert!(ran.is_some_and(|line| !line.starts_with("Ran 0 ")), "no test ran:\n{said}");
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_or_old_python_is_told_with_what_installs_a_new_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = python(folder.path(), "3 9 /usr/bin/python3");
        let cases = [
            (
                folder.path().join("nothing"),
                "it needs Python 3.10 or newer, and there is no `python3`",
            ),
            (old, "it needs Python 3.10 or newer, and `python3` is 3.9"),
        ];
        for (program, why) in cases {
            let failure = system_python(program.as_ref()).await.expect_err("not good enough");
            assert_eq!(failure.why, [why]);
            assert_eq!(
                failure.hint.as_deref(),
                Some("install it with `sudo apt install python3 python3-venv`")
            );
        }
    }

    #[tokio::test]
    async fn a_new_python_is_taken_from_where_it_really_lies() -> Result<(), Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let new = python(folder.path(), "3 14 /opt/python/bin/python3");
        assert_eq!(system_python(new.as_ref()).await?, Path::new("/opt/python/bin/python3"));
        Ok(())
    }
}
