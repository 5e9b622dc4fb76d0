//! Few blocks for many.

use ipnet::{IpNet, Ipv4Net};

/// At most `most` IPv4 blocks that hold all of `sources`, as narrow as that number allows.
///
/// An ACL takes 20 entries a direction and a group takes 60 rules; the group says exactly who
/// comes in, and the ACL before it keeps off those who are far from it. The VPC has no IPv6.
pub fn cover(sources: &[IpNet], most: usize) -> Vec<Ipv4Net> {
    let v4 = sources.iter().filter_map(|source| match source {
        IpNet::V4(net) => Some(*net),
        IpNet::V6(_) => None,
    });
    let mut blocks = Ipv4Net::aggregate(&v4.collect());
    while blocks.len() > most {
        // Sorted and apart: those that share the longest beginning are neighbours.
        blocks.sort();
        let joined = blocks.windows(2).map(|pair| join(pair[0], pair[1]));
        let Some(nearest) = joined.max_by_key(Ipv4Net::prefix_len) else { break };
        blocks.push(nearest);
        blocks = Ipv4Net::aggregate(&blocks);
    }
    blocks.sort();
    blocks
}

/// The narrowest block that holds all of `blocks`.
pub fn span(blocks: impl IntoIterator<Item = Ipv4Net>) -> Option<Ipv4Net> {
    blocks.into_iter().reduce(join)
}

fn join(one: Ipv4Net, other: Ipv4Net) -> Ipv4Net {
    let mut joined = one;
    while !joined.contains(&other) {
        // A block of every address holds any other, so there is a wider one.
        joined = joined.supernet().unwrap_or_default();
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(sources: &[&str], most: usize) -> Vec<String> {
        let sources: Vec<IpNet> = sources.iter().filter_map(|it| it.parse().ok()).collect();
        cover(&sources, most).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn few_sources_stay_as_they_are() {
        let sources = ["192.0.2.0/24", "203.0.113.7/32", "2001:db8::/48"];
        assert_eq!(covered(&sources, 8), ["192.0.2.0/24", "203.0.113.7/32"]);
    }

    #[test]
    fn the_nearest_are_joined() {
        let sources = ["192.0.2.0/26", "192.0.2.128/26", "203.0.113.0/24"];
        assert_eq!(covered(&sources, 2), ["192.0.2.0/24", "203.0.113.0/24"]);
        assert_eq!(covered(&["0.0.0.0/0", "192.0.2.0/24"], 3), ["0.0.0.0/0"]);
        assert_eq!(covered(&[], 3), [""; 0]);
    }

    #[test]
    fn eight_blocks_never_hold_the_internet() {
        // 25 addresses, as far from each other as can be.
        let far: Vec<String> = (0..25).map(|it| format!("{}.0.0.1/32", it * 10)).collect();
        let far: Vec<&str> = far.iter().map(String::as_str).collect();
        let blocks = covered(&far, 8);
        assert!(blocks.len() <= 8 && blocks.iter().all(|it| it != "0.0.0.0/0"), "{blocks:?}");
    }
}
