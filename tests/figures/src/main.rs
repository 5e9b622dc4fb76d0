//! Figures of what is built: what functions cost, and what orchestration adds to AWS's own time.
//!
//! `cargo build --release --workspace --bins && cargo run --release -p figures`
//! `cargo run --release -p figures -- overhead --speed 1`

mod functions;
mod overhead;

use std::error::Error;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    figure: Option<Figure>,
}

#[derive(Subcommand)]
enum Figure {
    /// Size, start and memory of each function (when nothing is said)
    Functions,
    /// How much longer a deploy and a destroy take than AWS itself, in a local cloud that lags
    Overhead(overhead::Overhead),
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().figure.unwrap_or(Figure::Functions) {
        Figure::Functions => Ok(functions::print()?),
        Figure::Overhead(wanted) => overhead::print(&wanted),
    }
}
