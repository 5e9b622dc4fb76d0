//! From where SSH may come: public addresses, and few of them.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::problem::Finding;

/// The widest range that may SSH: a /16 holds 2^16 addresses.
const WIDEST_V4: u8 = 16;
/// IPv6 sites get a /48.
const WIDEST_V6: u8 = 48;

/// Ranges from which nothing reaches a public address, with their RFCs.
const UNREACHABLE: [(&str, &str); 11] = [
    ("0.0.0.0/8", "this network, RFC 791"),
    ("10.0.0.0/8", "private, RFC 1918"),
    ("100.64.0.0/10", "shared by providers, RFC 6598"),
    ("127.0.0.0/8", "the machine itself, RFC 1122"),
    ("169.254.0.0/16", "link-local, RFC 3927"),
    ("172.16.0.0/12", "private, RFC 1918"),
    ("192.168.0.0/16", "private, RFC 1918"),
    ("224.0.0.0/3", "multicast and reserved, RFC 5771 and RFC 1112"),
    ("fc00::/7", "private, RFC 4193"),
    ("fe80::/10", "link-local, RFC 4291"),
    ("::/32", "loopback and IPv4 in IPv6, RFC 4291"),
];

/// Findings about each source and about all of them together.
pub(super) fn check_ssh_sources(sources: &[IpNet], at: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut narrow: Vec<IpNet> = Vec::new();
    let mut told: Vec<u8> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let at = format!("{at}/{index}");
        if source.prefix_len() < widest(source) {
            findings.push(too_wide(at, source));
        } else if let Some(why) = unreachable_because(source) {
            findings.push(
                Finding::new(at, format!("`{source}` ({why})"), "public addresses").hint(
                    "the bastion is reached over the internet: give the address you go out with",
                ),
            );
        } else {
            narrow.push(*source);
            if !told.contains(&widest(source)) && sum_too_wide(&narrow, source) {
                told.push(widest(source));
                findings.push(too_wide_together(at, source));
            }
        }
    }
    findings
}

fn widest(source: &IpNet) -> u8 {
    match source {
        IpNet::V4(_) => WIDEST_V4,
        IpNet::V6(_) => WIDEST_V6,
    }
}

fn too_wide(at: String, source: &IpNet) -> Finding {
    let expected = format!("SSH sources of /{} or narrower", widest(source));
    let hint = "name the networks of the people who administer the stack";
    Finding::new(at, format!("`{source}`"), expected).hint(hint)
}

fn too_wide_together(at: String, source: &IpNet) -> Finding {
    let widest = widest(source);
    let found = format!("`{source}`, with which the SSH sources are wider than a /{widest}");
    Finding::new(at, found, format!("SSH sources that are together no wider than a /{widest}"))
        .hint("many narrow ranges open as much as a wide one: leave some out")
}

fn unreachable_because(source: &IpNet) -> Option<&'static str> {
    let inside = |range: &str| range.parse::<IpNet>().is_ok_and(|range| range.contains(source));
    UNREACHABLE.into_iter().find(|(range, _)| inside(range)).map(|(_, why)| why)
}

/// Whether the union of the sources of the last one's family holds more than the widest range.
fn sum_too_wide(sources: &[IpNet], last: &IpNet) -> bool {
    match last {
        IpNet::V4(_) => {
            let ours = sources
                .iter()
                .filter_map(|it| if let IpNet::V4(net) = it { Some(*net) } else { None });
            let union = Ipv4Net::aggregate(&ours.collect());
            union.iter().map(|net| 1_u64 << (32 - net.prefix_len())).sum::<u64>()
                > 1 << (32 - WIDEST_V4)
        }
        IpNet::V6(_) => {
            let ours = sources
                .iter()
                .filter_map(|it| if let IpNet::V6(net) = it { Some(*net) } else { None });
            let union = Ipv6Net::aggregate(&ours.collect());
            // None is wider than 2^80, so the sum of 25 fits.
            union.iter().map(|net| 1_u128 << (128 - net.prefix_len())).sum::<u128>()
                > 1 << (128 - WIDEST_V6)
        }
    }
}
