//! Checked text: the only way to make one is to parse it.
//!
//! The check of a type is also the `format` of its JSON Schema, so that the reader of specs can
//! say where in the file a piece of text is wrong without knowing the type.

/// Why a piece of text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct Refusal {
    /// What would have been taken, as a noun phrase.
    pub expected: String,
    /// What the person can do, as a sentence without its full stop.
    pub hint: Option<String>,
}

impl Refusal {
    pub fn expected(expected: impl Into<String>) -> Self {
        Self { expected: expected.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a check answers.
pub(crate) type Checked = Result<(), Refusal>;

/// A checked text type as the schema and the reader see it.
pub(crate) trait Text {
    const FORMAT: &'static str;
    fn check(text: &str) -> Checked;
}

/// Declares a checked text type: its docs, its name, its schema format, an example, its check.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $format:literal, $example:expr, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::spec::text::Text for $name {
            const FORMAT: &'static str = $format;
            fn check(text: &str) -> $crate::spec::text::Checked {
                $check(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::spec::text::Refusal;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::spec::text::Text>::check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::spec::text::Refusal;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": $format, "examples": [$example] })
            }
        }
    };
}
pub(crate) use text;

/// Refuses text of another length, or with a character that `allowed` does not admit.
pub(crate) fn made_of(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    allowed: impl Fn(char) -> bool,
    expected: &str,
) -> Checked {
    let fits = length.contains(&text.chars().count()) && text.chars().all(allowed);
    if fits { Ok(()) } else { Err(Refusal::expected(expected)) }
}
