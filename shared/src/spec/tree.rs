//! YAML (and JSON, which is YAML) as a tree in which everything knows its place.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::problem::{Finding, Place};

/// A value and its place.
pub(super) struct Node {
    pub place: Place,
    pub data: Data,
}

pub(super) enum Data {
    Null,
    Bool(bool),
    /// As written: a version `8.40` is not the number 8.4.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file, with what is written twice.
    Map(Vec<(Key, Node)>),
}

/// The key of a field and its place.
pub(super) struct Key {
    pub place: Place,
    pub text: String,
}

/// Deeper than any spec; a bound for whoever uploads one to exhaust the stack.
const DEEPEST: usize = 32;

/// What was read, or where and why reading ended.
type Read<T> = Result<T, Box<(Place, Finding)>>;

/// Reads the one document of a file. An empty file is `Null`.
pub(super) fn parse(text: &str) -> Read<Node> {
    let mut reader = Reader { parser: Parser::new_from_str(text), text: Offsets::new(text) };
    let node = loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(Node { place: Place::START, data: Data::Null }),
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (event, span) => break reader.node(event, span, 0)?,
        }
    };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(node),
            (Event::DocumentStart(_), span) => {
                return reader.refuse(span, "a second document", "one document in a file");
            }
            _ => {}
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: Offsets<'t>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Read<(Event<'t>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => self.malformed(&error),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Read<Node> {
        if depth > DEEPEST {
            return self.refuse(span, "values nested this deep", "a spec");
        }
        let place = self.text.place(span);
        let data = match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(span, tag.as_deref())?;
                scalar(&text, style, tag.is_some())
            }
            Event::SequenceStart(_, tag) => {
                self.refuse_tag(span, tag.as_deref())?;
                self.list(depth)?
            }
            Event::MappingStart(_, tag) => {
                self.refuse_tag(span, tag.as_deref())?;
                self.map(depth)?
            }
            Event::Alias(_) => return self.refuse(span, "an alias", "the value itself"),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => Data::Null,
        };
        Ok(Node { place, data })
    }

    fn list(&mut self, depth: usize) -> Read<Data> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(Data::List(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Read<Data> {
        let mut fields = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(Data::Map(fields)),
                (Event::Scalar(text, ..), span) => {
                    Key { place: self.text.place(span), text: text.into_owned() }
                }
                (_, span) => {
                    return self.refuse(span, "a key of many parts", "a field's name");
                }
            };
            let (event, span) = self.next()?;
            fields.push((key, self.node(event, span, depth + 1)?));
        }
    }

    fn refuse_tag(&self, span: Span, tag: Option<&Tag>) -> Read<()> {
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == "str") => {
                self.refuse(span, &format!("the tag `{tag}`"), "a value without a tag")
            }
            Some(_) | None => Ok(()),
        }
    }

    fn refuse<T>(&self, span: Span, found: &str, expected: &str) -> Read<T> {
        Err(Box::new((self.text.place(span), Finding::new("", found, expected))))
    }

    fn malformed<T>(&self, error: &ScanError) -> Read<T> {
        let place = self.text.place(Span::empty(*error.marker()));
        let finding = Finding::new("", format!("broken YAML ({})", error.info()), "YAML or JSON");
        let line = self.text.text.lines().nth(place.line - 1).unwrap_or_default();
        let tab = line.trim_start_matches(' ').starts_with('\t');
        let hint = tab.then(|| "indent with spaces, not tabs".to_owned());
        Err(Box::new((place, Finding { hint, ..finding })))
    }
}

/// YAML 1.2 core schema, less its octal and hexadecimal numbers.
fn scalar(text: &str, style: ScalarStyle, is_text: bool) -> Data {
    if style != ScalarStyle::Plain || is_text {
        return Data::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ if is_number(text) => Data::Number(text.to_owned()),
        _ => Data::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    text.chars().all(plain) && text.parse::<f64>().is_ok()
}

/// The parser counts characters; labels in a text need bytes.
struct Offsets<'t> {
    text: &'t str,
    bytes: Vec<usize>,
}

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, bytes: text.char_indices().map(|(at, _)| at).collect() }
    }

    fn place(&self, span: Span) -> Place {
        let offset = self.byte(span.start);
        let end = self.byte(span.end).max(offset);
        let written = &self.text[offset..end];
        let length = written.lines().next().map_or(0, |line| line.trim_end().len());
        Place { line: span.start.line().max(1), column: span.start.col() + 1, offset, length }
    }

    fn byte(&self, marker: Marker) -> usize {
        self.bytes.get(marker.index()).copied().unwrap_or(self.text.len())
    }
}
