//! `terrace`: builds and keeps three-tier AWS stacks from spec files.

mod answer;
mod bootstrap;
mod cli;
mod commands;
mod context;
#[expect(
    clippy::needless_pass_by_value,
    reason = "pieces of the template are given away to be put into it"
)]
mod control_plane;
mod cost;
mod failure;
mod follow;
mod import;
mod leftovers;
mod local;
mod render;
mod screen;
mod spec_file;

use std::process::ExitCode;

use clap::Parser;

use crate::answer::Exit;
use crate::cli::Cli;
use crate::screen::Screen;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => {
            // Help and the version are asked for; anything else is a slip.
            let exit = if asked.use_stderr() { Exit::Usage } else { Exit::Done };
            // Nobody reads the other end any more: nothing is left to say.
            _ = asked.print();
            return exit.into();
        }
    };
    let screen = Screen::new(cli.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return screen.fail(&failure::Failure::new("cannot start").because(error)).into();
        }
    };
    let exit = runtime.block_on(commands::run(cli.command, &screen));
    // What still reads from a slow child does not hold up the end.
    runtime.shutdown_background();
    exit.into()
}
