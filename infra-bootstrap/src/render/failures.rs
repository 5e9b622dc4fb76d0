//! A failure as people read it.

use console::Style;

use super::problems::problem;
use super::wrap;
use crate::failure::Failure;

/// What was tried, why it failed, what to do.
pub fn failure(failed: &Failure, width: usize) -> String {
    let mut text = String::new();
    let parts = failed.problems.iter().map(|it| problem(it, &failed.source, width) + "\n");
    text.extend(parts);
    text += &part("error: ", &Style::new().for_stderr().red().bold(), &failed.what, width);
    for (at, cause) in failed.why.iter().enumerate() {
        let label = if at == 0 { "  because: " } else { "  and that: " };
        text += &part(label, &Style::new().for_stderr().bold(), cause, width);
    }
    if let Some(hint) = &failed.hint {
        text += &part("  hint: ", &Style::new().for_stderr().green().bold(), hint, width);
    }
    text
}

/// A label and its text, which hangs below itself when it needs more lines.
fn part(label: &str, style: &Style, text: &str, width: usize) -> String {
    let lines = wrap(text, width.saturating_sub(label.len()));
    let hanging = " ".repeat(label.len());
    let mut lines = lines.into_iter();
    let first = format!("{}{}\n", style.apply_to(label), lines.next().unwrap_or_default());
    lines.fold(first, |all, line| all + &hanging + &line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do_within_its_width() {
        console::set_colors_enabled_stderr(false);
        let failed = Failure::new("cannot start the local cloud")
            .because("port 4599 is used by `python3 -m http.server 4599` (process 4711)")
            .hint("choose another with `--port`, or leave it out and a free one is taken");
        let shown = failure(&failed, 50);
        insta::assert_snapshot!(shown, @"
        error: cannot start the local cloud
          because: port 4599 is used by `python3 -m
                   http.server 4599` (process 4711)
          hint: choose another with `--port`, or leave it
                out and a free one is taken
        ");
        assert!(shown.lines().all(|line| line.len() <= 50));
    }
}
