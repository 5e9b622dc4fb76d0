//! Instance types, architectures and images.

use super::text::{Checked, Refusal, text};

text! {
    /// An EC2 instance type, such as `t4g.small`.
    InstanceType, "instance-type", "t4g.small", check_instance_type
}

impl InstanceType {
    /// One of ours.
    pub(super) fn known(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The processor, told by the family: Graviton families carry a `g` after their generation
    /// (`t4g`, `m7gd`, `im4gn`), and `a1` is the first of them.
    pub fn architecture(&self) -> Architecture {
        let family = self.0.split('.').next().unwrap_or_default();
        let after_generation = family.trim_start_matches(|c: char| !c.is_ascii_digit());
        if family == "a1" || after_generation.contains('g') {
            Architecture::Arm64
        } else {
            Architecture::X86_64
        }
    }
}

/// A processor architecture, as EC2 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    Arm64,
    X86_64,
}

impl Architecture {
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

text! {
    /// An AMI's id, or the name of a public SSM parameter that holds one.
    ImageSource, "image-source", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    check_image
}

impl ImageSource {
    /// The parameter in which AWS publishes the newest Amazon Linux 2023.
    pub fn amazon_linux_2023(architecture: Architecture) -> Self {
        let name = architecture.name();
        Self(format!("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{name}"))
    }

    /// The SSM parameter to resolve, unless the image is given by its id.
    pub fn parameter(&self) -> Option<&str> {
        self.0.starts_with('/').then_some(self.as_str())
    }

    /// The architecture that AWS writes into its parameters' names.
    pub fn architecture(&self) -> Option<Architecture> {
        let name = self.parameter()?;
        [Architecture::Arm64, Architecture::X86_64].into_iter().find(|it| name.contains(it.name()))
    }
}

fn check_instance_type(name: &str) -> Checked {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = name.split_once('.').is_some_and(|(family, size)| {
        family.starts_with(|c: char| c.is_ascii_lowercase())
            && family.contains(|c: char| c.is_ascii_digit())
            && family.chars().all(plain)
            && !size.is_empty()
            && size.chars().all(plain)
    });
    if good { Ok(()) } else { Err(Refusal::expected("an EC2 instance type such as `t4g.small`")) }
}

/// Ids have 8 hexadecimal digits (before 2016) or 17.
fn check_image(source: &str) -> Checked {
    let id = source.strip_prefix("ami-").is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, 'a'..='f'))
    });
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let parameter = source.len() > 1 && source.starts_with('/') && source.chars().all(plain);
    if id || parameter {
        return Ok(());
    }
    Err(Refusal::expected(
        "an AMI's id (`ami-` and 8 or 17 hexadecimal digits) or an SSM parameter's name starting with `/`",
    ))
}
