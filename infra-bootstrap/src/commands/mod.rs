//! One file a command. Each takes its arguments and the screen, and ends in an answer.

mod approve;
mod bootstrap;
mod demo;
mod deploy;
mod destroy;
mod import;
mod intrusion;
mod local;
mod outlook;
mod plan;
mod schema;
mod ssh_config;
mod status;
mod validate;

use std::future::Future;
use std::pin::Pin;

use crate::answer::{Answer, Exit};
use crate::cli::Command;
use crate::failure::Failure;
use crate::screen::Screen;

/// Runs a command to its end, or until Ctrl-C.
pub async fn run(command: Command, screen: &Screen) -> Exit {
    tokio::select! {
        result = choose(command, screen) => match result {
            Ok(answer) => screen.finish(&answer),
            Err(failure) => screen.fail(&failure),
        },
        _ = tokio::signal::ctrl_c() => screen.interrupted(),
    }
}

type Work<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + 'a>>;

fn choose(command: Command, screen: &Screen) -> Work<'_> {
    match command {
        Command::Demo => Box::pin(demo::run(screen)),
        Command::Local(what) => Box::pin(local::run(what, screen)),
        Command::Bootstrap(arguments) => Box::pin(bootstrap::run(arguments, screen)),
        Command::Deploy(arguments) => Box::pin(deploy::run(arguments, screen)),
        Command::Plan(arguments) => Box::pin(plan::run(arguments, screen)),
        Command::Approve(arguments) => Box::pin(approve::run(arguments, screen)),
        Command::Status(arguments) => Box::pin(status::run(arguments)),
        Command::Destroy(arguments) => Box::pin(destroy::run(arguments, screen)),
        Command::Import(arguments) => Box::pin(import::run(arguments, screen)),
        Command::Validate(arguments) => Box::pin(async move { validate::run(&arguments) }),
        Command::Schema => Box::pin(async { Ok(schema::run()) }),
        Command::SshConfig(arguments) => Box::pin(ssh_config::run(arguments)),
    }
}
