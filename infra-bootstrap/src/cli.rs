//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0    done; for `plan`: no changes
  1    failed; for `local status`: not running
  2    `plan` found changes
  3    the spec was refused
  4    no credentials, nobody answers, or no control plane there
  64   the command line is not understood
  130  interrupted

Commands speak to the account, region and endpoint that AWS's own variables and
profiles name (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …).";

/// Builds and keeps three-tier AWS stacks from spec files.
#[derive(Parser)]
#[command(name = "terrace", version, after_help = EXIT_CODES, max_term_width = 80)]
pub struct Cli {
    /// Print one JSON object as the last line of stdout; progress stays on stderr
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Set everything up, build the example in the local cloud, and show how it reacts
    Demo,
    /// The local cloud: an AWS on 127.0.0.1 for trying out
    #[command(subcommand)]
    Local(Local),
    /// Stand the control plane up, or bring it up to date
    Bootstrap(Bootstrap),
    /// Upload a spec, which builds its stack
    Deploy(Deploy),
    /// Show what a spec would change, changing nothing
    Plan(SpecArgument),
    /// Show the stacks, or one of them in detail
    Status(Status),
    /// Take a stack down, except what its spec protects
    Destroy(Destroy),
    /// Check a spec without any cloud
    Validate(SpecArgument),
    /// Print the JSON Schema of specs, with which editors complete and check
    Schema,
    /// Print an OpenSSH configuration for a stack's bastion and instances
    SshConfig(SshConfig),
}

#[derive(Subcommand)]
pub enum Local {
    /// Start it, installing it first if need be
    Start(LocalStart),
    /// Stop it; what it holds is kept
    Stop,
    /// Show whether it runs and where
    Status,
    /// Start again with nothing in it
    Reset,
    /// Print the variables that point AWS tools at it: `eval "$(terrace local env)"`
    Env,
}

#[derive(Args)]
pub struct LocalStart {
    /// The port on 127.0.0.1; a free one by default
    #[arg(long)]
    pub port: Option<u16>,
    /// Stop by itself when this process is gone
    #[arg(long, value_name = "PID")]
    pub while_pid: Option<i32>,
}

#[derive(Args)]
pub struct Bootstrap {
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
    /// Use a multi-region trail that the account has already, instead of making one
    #[arg(long)]
    pub account_trail: bool,
}

#[derive(Args)]
pub struct SpecArgument {
    /// The spec file, YAML or JSON
    pub spec: PathBuf,
}

#[derive(Args)]
pub struct Deploy {
    /// The spec file, YAML or JSON
    pub spec: PathBuf,
    /// Follow the run to its end
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct Status {
    pub stack: Option<String>,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}

#[derive(Args)]
pub struct Destroy {
    pub stack: String,
    /// Follow the run to its end
    #[arg(long)]
    pub wait: bool,
    /// Also what the spec protects: the database, files, the key
    #[arg(long)]
    pub include_data: bool,
    /// Say the stack's name here instead of being asked
    #[arg(long, value_name = "STACK")]
    pub yes: Option<String>,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}

#[derive(Args)]
pub struct SshConfig {
    pub stack: String,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}
