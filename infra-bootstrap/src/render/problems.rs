//! A spec's problem, pointing into the spec.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};
use shared::spec::Problem;

use super::wrap;

/// What miette writes before each line.
const MARGIN: usize = 8;

/// The problem with the lines it is about.
pub fn problem(problem: &Problem, source: &str, width: usize) -> String {
    let colours = console::colors_enabled_stderr();
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    // Lines are broken here: miette also breaks inside of backticks.
    let handler = handler.with_wrap_lines(false);
    let source = NamedSource::new(&problem.file, source.to_owned());
    let mut text = String::new();
    match handler.render_report(&mut text, &Pointed { problem, source, width }) {
        Ok(()) => text,
        // The text was changed under our hands, or is empty: then the line alone has to do.
        Err(fmt::Error) => format!("{problem}\n"),
    }
}

#[derive(Debug)]
struct Pointed<'a> {
    problem: &'a Problem,
    source: NamedSource<String>,
    width: usize,
}

impl fmt::Display for Pointed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.problem.field;
        let colon = if field.is_empty() { "" } else { ": " };
        let text = format!("{field}{colon}found {}", self.problem.found);
        f.write_str(&wrap(&text, self.width.saturating_sub(MARGIN)).join("\n"))
    }
}

impl std::error::Error for Pointed<'_> {}

impl Diagnostic for Pointed<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let expected = format!("expected {}", self.problem.expected);
        let text = match &self.problem.hint {
            Some(hint) => format!("{expected}\n{hint}"),
            None => expected,
        };
        Some(Box::new(wrap(&text, self.width.saturating_sub(MARGIN)).join("\n")))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.problem.place;
        let span = LabeledSpan::new(Some("here".to_owned()), place.offset, place.length.max(1));
        Some(Box::new(std::iter::once(span)))
    }
}
