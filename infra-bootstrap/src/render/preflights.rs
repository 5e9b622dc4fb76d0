//! What a look at the account found, as people read it.

use console::Style;
use shared::preflight::Preflight;

use super::wrap;

/// Nothing when all that was looked at is there.
pub fn preflight(found: &Preflight, width: usize) -> String {
    let mut text = String::new();
    let many = found.shortfalls.len();
    if many > 0 {
        let title = match many {
            1 => "the account lacks one thing for this plan; a deploy would be refused:".to_owned(),
            many => {
                format!("the account lacks {many} things for this plan; a deploy would be refused:")
            }
        };
        text += &format!("{}\n", wrap(&title, width).join("\n"));
    }
    for short in &found.shortfalls {
        let head = format!("{}: have {}, need {}", short.what, short.have, short.need);
        text += &hanging(&Style::new().red().apply_to("!").to_string(), &head, width);
        text += &hanging(" ", &short.hint, width);
    }
    for unchecked in &found.unchecked {
        let mark = Style::new().yellow().apply_to("?").to_string();
        text += &hanging(&mark, &unchecked.to_string(), width);
    }
    for note in &found.notes {
        text += &hanging("i", note, width);
    }
    text.trim_end().to_owned()
}

/// A mark and its text, which hangs below itself.
fn hanging(mark: &str, text: &str, width: usize) -> String {
    let lines = wrap(text, width.saturating_sub(2));
    let mut marks = std::iter::once(mark).chain(std::iter::repeat(" "));
    lines.iter().map(|line| format!("{} {line}\n", marks.next().unwrap_or(" "))).collect()
}

#[cfg(test)]
mod tests {
    use shared::preflight::{Shortfall, Unchecked};

    use super::*;

    #[test]
    fn shortfalls_are_told_with_what_to_do_within_the_width() {
        console::set_colors_enabled(false);
        let found = Preflight {
            shortfalls: vec![Shortfall {
                what: "Elastic IP addresses".into(),
                have: "5, 4 of them in use".into(),
                need: "3 more".into(),
                hint: "give some back, or ask AWS for a quota `EC2-VPC Elastic IPs` of 7".into(),
            }],
            unchecked: vec![Unchecked {
                what: "the vCPU quota".into(),
                why: "access denied".into(),
            }],
            notes: vec!["the service-linked role `AWSServiceRoleForRDS` is missing".into()],
            ..Preflight::default()
        };
        let shown = preflight(&found, 50);
        assert!(shown.lines().all(|line| line.chars().count() <= 50), "{shown}");
        insta::assert_snapshot!(shown, @"
        the account lacks one thing for this plan; a
        deploy would be refused:
        ! Elastic IP addresses: have 5, 4 of them in use,
          need 3 more
          give some back, or ask AWS for a quota `EC2-VPC
          Elastic IPs` of 7
        ? not checked: the vCPU quota: access denied
        i the service-linked role `AWSServiceRoleForRDS`
          is missing
        ");
        assert_eq!(preflight(&Preflight::default(), 50), "");
    }
}
