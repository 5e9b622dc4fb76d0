//! What is wrong with a spec, and where.

use std::fmt;

/// A place in a spec file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Bytes before it in the text.
    pub offset: usize,
    /// Bytes it takes, at most to the end of its line.
    pub length: usize,
}

impl Place {
    /// The start of a file.
    pub const START: Self = Self { line: 1, column: 1, offset: 0, length: 0 };
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the person named it.
    pub file: String,
    pub place: Place,
    /// The field, such as `network.cidr`; empty for the file as a whole.
    pub field: String,
    /// What stands there, quoted where it is text of the file.
    pub found: String,
    /// What would have been taken.
    pub expected: String,
    /// What the person can do.
    pub hint: Option<String>,
}

/// One line: `spec.yaml:3:9: region: found `eu`, expected an AWS region (hint: …)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.place.line, self.place.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "found {}, expected {}", self.found, self.expected)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// A problem before its file is known; `at` is a JSON pointer.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub at: String,
    pub found: String,
    pub expected: String,
    pub hint: Option<String>,
}

impl Finding {
    pub fn new(
        at: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { at: at.into(), found: found.into(), expected: expected.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn placed(self, file: &str, place: Place) -> Problem {
        let Self { at, found, expected, hint } = self;
        Problem { file: file.to_owned(), place, field: field_of(&at), found, expected, hint }
    }
}

/// `/app/instance_types/0` as people write it: `app.instance_types[0]`.
fn field_of(pointer: &str) -> String {
    let mut field = String::new();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            field.extend(["[", part, "]"]);
        } else {
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(part);
        }
    }
    field
}
