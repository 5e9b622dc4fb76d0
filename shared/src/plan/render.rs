//! A plan as people read it.

use std::fmt;

use super::{Action, Part, Plan};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [Part::Clear, Part::Build, Part::Retire] {
            for step in self.steps(part) {
                writeln!(f, "{} {}  {}", sign(&step.action), step.address, step.reason)?;
                if let Action::Update(differences) = &step.action {
                    differences.iter().try_for_each(|it| writeln!(f, "    {it}"))?;
                }
                step.consequences.iter().try_for_each(|it| writeln!(f, "    ! {it}"))?;
            }
        }
        for note in &self.refused {
            writeln!(f, "! {}  {}", note.address, note.text)?;
        }
        for note in &self.notes {
            writeln!(f, "i {}  {}", note.address, note.text)?;
        }
        Ok(())
    }
}

fn sign(action: &Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update(_) => '~',
        Action::Wait => '…',
        Action::Delete => '-',
    }
}
