//! The real `m365d`, built if need be, and an environment in which it works against a tenant on this machine.

// Several programs include this folder, and each uses only the part it needs.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::tenant::{Tenant, directory};

/// The program and the home that it runs in.
pub struct Program {
    binary: PathBuf,
    environment: Vec<(&'static str, String)>,
    _home: tempfile::TempDir,
}

impl Program {
    /// Builds the program as this example was built, and points it at `tenant`; this example plays the browser.
    pub fn of(tenant: &Tenant) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let this = std::env::current_exe()?;
        let environment = vec![
            ("M365D_AUTHORITY", tenant.authority().to_owned()),
            ("M365D_API_URL", tenant.api_url().to_owned()),
            ("M365D_GRAPH_URL", tenant.graph_url().to_owned()),
            ("M365D_TENANT", directory::TENANT_ID.to_owned()),
            ("M365D_CLIENT_ID", directory::CLIENT_ID.to_owned()),
            ("M365D_CONFIG_DIR", home.path().join("m365d").display().to_string()),
            // Your own credential store stays as it is.
            ("M365D_STORE", "file".to_owned()),
            ("M365D_BROWSER", format!("'{}' browse", this.display())),
        ];
        Ok(Self { binary: build(&this)?, environment, _home: home })
    }

    /// The program, ready to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Cargo sets it for its own libraries; the loader would look through its folders at every start.
        command.env_remove("LD_LIBRARY_PATH");
        command
    }

    /// Signs in, without a word.
    pub fn sign_in(&self) -> Result<()> {
        let status = self.command(&["login"]).stderr(Stdio::null()).status()?;
        ensure!(status.success(), "m365d login: {status}");
        Ok(())
    }

    /// Runs the program and gives what it prints on stdout.
    pub fn output(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "m365d {arguments:?}: {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Where the program is.
    pub fn binary(&self) -> &Path {
        &self.binary
    }
}

/// Cargo builds no binary for the sake of an example. A benchmark's is built alone, as people install it; otherwise
/// naming the example too keeps the features, and so what is already built.
fn build(this: &Path) -> Result<PathBuf> {
    let profile = this.parent().and_then(Path::parent).context("the folder of the build")?;
    let name = this.file_stem().context("the name of this example")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--bin", "m365d"]);
    if profile.ends_with("release") {
        build.arg("--release");
    } else {
        build.arg("--example").arg(name);
    }
    ensure!(build.status()?.success(), "m365d cannot be built");
    Ok(profile.join(format!("m365d{}", std::env::consts::EXE_SUFFIX)))
}
