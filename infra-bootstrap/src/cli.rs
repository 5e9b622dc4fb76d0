//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use shared::plan::HASH_SHORT;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; for `plan`: no changes
  1    failed; for `local status`: not running
  2    `plan` found changes
  3    the spec was refused
  4    no credentials, nobody answers, or no control plane there
  5    the plan is no longer the one that was approved; nothing was changed
  6    rejected, or superseded by a newer run; nothing was changed
  7    failed, and the stack went back to how it was
  64   the command line is not understood
  130  interrupted

Commands speak to the account, region and endpoint that AWS's own variables and
profiles name (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …).";

/// Builds and keeps three-tier AWS stacks from spec files.
#[derive(Parser)]
#[command(name = "terrace", version, after_help = EXIT_CODES, max_term_width = 80)]
pub struct Cli {
    /// Print one JSON object as the last line of stdout; progress stays on stderr
    #[arg(long, global = true, display_order = 100)]
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
    /// Show what a spec would change and cost, changing nothing
    Plan(SpecArgument),
    /// Say yes or no to a plan that waits for it
    Approve(Approve),
    /// Show the stacks, or one of them in detail
    Status(Status),
    /// Take a stack down, except what its spec protects
    Destroy(Destroy),
    /// Take over a VPC that stands already, and what in it is as the spec asks for
    Import(Import),
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
    /// Let everything take as long as in AWS, divided by this
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<f64>,
    /// Draw durations and faults by another seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many looks miss what was just made
    #[arg(long, value_name = "LOOKS")]
    pub hidden_reads: Option<u32>,
    /// How many of a thing the account may have, such as `vpcs=100`; may be given several times
    #[arg(long, value_name = "NAME=NUMBER")]
    pub quota: Vec<String>,
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
    /// Carry out just the plan of this hash, which `terrace plan` showed, or nothing
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub plan: Option<String>,
    /// Fail at once if another run is at work on the stack, instead of waiting for it
    #[arg(long)]
    pub no_queue: bool,
    /// Follow the run to its end
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct Approve {
    /// The stack's name
    pub stack: String,
    /// Only if this run waits
    #[arg(long)]
    pub run: Option<String>,
    /// Say no, and why
    #[arg(long, requires = "reason", conflicts_with_all = ["yes", "wait"])]
    pub reject: bool,
    /// Why not; whoever started the run reads it
    #[arg(long, value_name = "TEXT", requires = "reject")]
    pub reason: Option<String>,
    /// Say the plan's hash, or its first 12 digits, instead of being asked
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub yes: Option<String>,
    /// Follow the run to its end
    #[arg(long)]
    pub wait: bool,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}

/// A plan's hash, or enough of its beginning.
fn hash(said: &str) -> Result<String, String> {
    let sound = said.len() >= HASH_SHORT && said.chars().all(|it| it.is_ascii_hexdigit());
    sound.then(|| said.to_ascii_lowercase()).ok_or_else(|| {
        format!("a plan's hash has 64 hexadecimal digits, of which the first {HASH_SHORT} will do")
    })
}

#[derive(Args)]
pub struct Status {
    /// The stack's name; every stack of the region without it
    pub stack: Option<String>,
    /// Also stacks that were destroyed
    #[arg(long)]
    pub all: bool,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}

#[derive(Args)]
pub struct Destroy {
    /// The stack's name
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
pub struct Import {
    /// The stack that gets it; none of its own may stand
    pub stack: String,
    /// The VPC, such as `vpc-0123456789abcdef0`
    #[arg(long, value_name = "VPC")]
    pub vpc: String,
    /// The stack's spec file
    #[arg(long, value_name = "FILE")]
    pub spec: PathBuf,
    /// Say the VPC's id here instead of being asked
    #[arg(long, value_name = "VPC")]
    pub yes: Option<String>,
}

#[derive(Args)]
pub struct SshConfig {
    /// The stack's name
    pub stack: String,
    /// The region; by default the profile's or `AWS_REGION`
    #[arg(long)]
    pub region: Option<String>,
}
