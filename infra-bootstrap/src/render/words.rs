//! Words that fit a line.

use console::{measure_text_width, truncate_str};

/// `text` in lines of at most `width` columns, broken between words. Longer words stay whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a last line");
        if last.is_empty() {
            last.push_str(word);
        } else if measure_text_width(last) + 1 + measure_text_width(word) <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The beginning of `text` that fits, on one line.
pub fn clip(text: &str, width: usize) -> String {
    truncate_str(&text.replace('\n', " "), width, "…").into_owned()
}

/// `4.2 s`, `75 s`, `12 min 30 s`.
pub fn duration(seconds: f64) -> String {
    /// Below this, tenths are worth showing; from two minutes on, minutes are.
    const TENTHS: f64 = 10.0;
    const MINUTES: f64 = 120.0;
    if seconds < TENTHS {
        format!("{seconds:.1} s")
    } else if seconds < MINUTES {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// Unix seconds as people read them, in UTC.
pub fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_only_there() {
        let cases: [(&str, usize, &[&str]); 4] = [
            ("one two three", 7, &["one two", "three"]),
            ("one two three", 80, &["one two three"]),
            ("incomprehensibilities", 7, &["incomprehensibilities"]),
            ("one\ntwo", 80, &["one", "two"]),
        ];
        for (text, width, expected) in cases {
            assert_eq!(wrap(text, width), expected, "{text:?} in {width}");
        }
    }

    #[test]
    fn durations_are_as_exact_as_is_useful() {
        let cases = [(4.21, "4.2 s"), (74.9, "75 s"), (750.0, "12 min 30 s")];
        for (seconds, expected) in cases {
            assert_eq!(duration(seconds), expected);
        }
    }
}
