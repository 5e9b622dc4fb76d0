//! What a person sees while a command is at work: on stderr, so that stdout holds results alone.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use console::{Style, Term};

use crate::answer::{Answer, Exit};
use crate::failure::Failure;
use crate::render::{failure, wrap};

/// The width that everything is made to fit when nobody says another.
const WIDTH: usize = 80;

/// Wider lines than this are hard to read.
const WIDTH_MAX: usize = 120;

pub struct Screen {
    pub json: bool,
    /// Somebody watches: lines may be redrawn.
    pub live: bool,
    pub width: usize,
    /// What stands if the command is interrupted now, and how to go on.
    standing: Mutex<String>,
}

impl Screen {
    pub fn new(json: bool) -> Self {
        let term = Term::stderr();
        let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
        let measured = term.size_checked().map(|(_, columns)| usize::from(columns));
        let width = columns.or(measured).unwrap_or(WIDTH).clamp(40, WIDTH_MAX);
        // A dumb terminal cannot go back up.
        let dumb = std::env::var("TERM").is_ok_and(|it| it == "dumb");
        let live = std::io::stderr().is_terminal() && !dumb;
        Self { json, live, width, standing: Mutex::default() }
    }

    /// A step that begins.
    pub fn step(&self, text: &str) {
        let mut lines = wrap(text, self.width - 4).into_iter();
        let mark = Style::new().for_stderr().cyan().apply_to("==>");
        self.say(&format!("{mark} {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.say(&format!("    {line}")));
    }

    /// Something worth knowing about the step.
    pub fn note(&self, text: &str) {
        for line in wrap(text, self.width - 4) {
            self.say(&format!("    {line}"));
        }
    }

    pub fn say(&self, line: &str) {
        // Nobody reads the other end any more: the work goes on.
        _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Remembers what to tell when Ctrl-C comes.
    pub fn stands(&self, text: impl Into<String>) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }

    /// Prints a command's end.
    pub fn finish(&self, answer: &Answer) -> Exit {
        let text = if self.json { answer.json.to_string() } else { answer.text.clone() };
        self.print(&text);
        answer.exit
    }

    pub fn fail(&self, failed: &Failure) -> Exit {
        self.say(failure(failed, self.width).trim_end());
        if self.json {
            self.print(&failed.to_json().to_string());
        }
        failed.exit
    }

    pub fn interrupted(&self) -> Exit {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let standing =
            if standing.is_empty() { "nothing was changed".to_owned() } else { standing };
        let failed = Failure::new("interrupted").because(standing).exit(Exit::Interrupted);
        self.say("");
        self.fail(&failed)
    }

    fn print(&self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            // A closed pipe, as with `| head`, is no failure.
            _ = writeln!(std::io::stdout(), "{text}");
        }
    }
}
