//! OpenSSH public keys.

use super::text::{Checked, Refusal, text};

text! {
    /// An OpenSSH public key of a kind that EC2 imports: ED25519, or RSA of 2,048 bits and more.
    PublicKey, "ssh-public-key",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@example.org",
    check_public_key
}

impl PublicKey {
    /// The key without its comment: what decides whether two keys are the same.
    pub fn bare(&self) -> String {
        self.as_str().split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }
}

const ED25519: &str = "ssh-ed25519";
const ED25519_BYTES: usize = 32;
const RSA: &str = "ssh-rsa";
const RSA_SHORTEST_BITS: usize = 2048;

/// EC2 `ImportKeyPair` takes RSA and ED25519 and refuses ECDSA, DSA and security keys.
fn check_public_key(key: &str) -> Checked {
    let expected =
        || Refusal::expected("one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …`");
    if key.contains("PRIVATE KEY") {
        return Err(expected().hint(
            "this is a private key: take the `.pub` file beside it, and replace the key if this file was shared",
        ));
    }
    let mut words = key.split_whitespace();
    let (kind, body) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if key.trim().contains('\n') {
        return Err(expected().hint("give one key on one line"));
    }
    if kind.starts_with("ecdsa-") || kind.starts_with("sk-") || kind == "ssh-dss" {
        return Err(expected().hint(format!(
            "EC2 imports ED25519 and RSA keys, not `{kind}`: make one with `ssh-keygen -t ed25519`"
        )));
    }
    if kind != ED25519 && kind != RSA {
        return Err(expected());
    }
    let Some(fields) = base64(body).and_then(|bytes| fields(&bytes)) else {
        return Err(expected().hint("the key's text is damaged: copy the whole `.pub` file"));
    };
    check_fields(kind, &fields)
}

/// RFC 4253 §6.6 and RFC 8709 §4: the kind again, then the key's numbers.
fn check_fields(kind: &str, fields: &[Vec<u8>]) -> Checked {
    let damaged = Err(Refusal::expected("a whole OpenSSH public key")
        .hint("the key's text is damaged: copy the whole `.pub` file"));
    match fields {
        [name, key] if name == ED25519.as_bytes() && kind == ED25519 => {
            if key.len() == ED25519_BYTES { Ok(()) } else { damaged }
        }
        [name, _exponent, modulus] if name == RSA.as_bytes() && kind == RSA => {
            let bits = modulus.iter().skip_while(|byte| **byte == 0).count() * 8;
            if bits >= RSA_SHORTEST_BITS {
                return Ok(());
            }
            Err(Refusal::expected(format!("an RSA key of at least {RSA_SHORTEST_BITS} bits"))
                .hint("make one with `ssh-keygen -t ed25519`"))
        }
        _ => damaged,
    }
}

/// Length-prefixed byte strings, as in RFC 4251 §5.
fn fields(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field.to_vec());
        bytes = rest;
    }
    Some(fields)
}

/// Standard base64, with its padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    if text.is_empty() || !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for c in body.bytes() {
        held = (held << 6) | u32::from(sextet(c)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

fn sextet(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
