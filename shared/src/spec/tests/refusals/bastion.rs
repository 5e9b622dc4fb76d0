//! The bastion: who may come, from where, with which key.

use super::{check, check_key, check_ssh};

#[test]
fn ssh_comes_from_few_public_addresses() {
    check_ssh(
        "",
        &[
            "5:3: bastion.ssh_from: found nobody, expected who may SSH, such as `[203.0.113.0/24]` (hint: or build no bastion: `enabled: false`)",
        ],
    );
    check_ssh(
        "0.0.0.0/0",
        &[
            "5:14: bastion.ssh_from[0]: found `0.0.0.0/0`, expected SSH sources of /16 or narrower (hint: name the networks of the people who administer the stack)",
        ],
    );
    check_ssh(
        "52.0.0.0/15, 203.0.113.0/24",
        &[
            "5:14: bastion.ssh_from[0]: found `52.0.0.0/15`, expected SSH sources of /16 or narrower (hint: name the networks of the people who administer the stack)",
        ],
    );
    check_ssh(
        "'::/0', '2001:db8::/47'",
        &[
            "5:14: bastion.ssh_from[0]: found `::/0`, expected SSH sources of /48 or narrower (hint: name the networks of the people who administer the stack)",
            "5:22: bastion.ssh_from[1]: found `2001:db8::/47`, expected SSH sources of /48 or narrower (hint: name the networks of the people who administer the stack)",
        ],
    );
    check_ssh(
        "10.1.0.0/16, 192.168.1.0/24, 100.64.0.0/16, 127.9.9.9/32",
        &[
            "5:14: bastion.ssh_from[0]: found `10.1.0.0/16` (private, RFC 1918), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
            "5:27: bastion.ssh_from[1]: found `192.168.1.0/24` (private, RFC 1918), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
            "5:43: bastion.ssh_from[2]: found `100.64.0.0/16` (shared by providers, RFC 6598), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
            "5:58: bastion.ssh_from[3]: found `127.9.9.9/32` (the machine itself, RFC 1122), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
        ],
    );
    check_ssh(
        "'fd00:1::/48', '::1/128', '::ffff:1.2.3.4/128'",
        &[
            "5:14: bastion.ssh_from[0]: found `fd00:1::/48` (private, RFC 4193), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
            "5:29: bastion.ssh_from[1]: found `::1/128` (loopback and IPv4 in IPv6, RFC 4291), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
            "5:40: bastion.ssh_from[2]: found `::ffff:1.2.3.4/128` (loopback and IPv4 in IPv6, RFC 4291), expected public addresses (hint: the bastion is reached over the internet: give the address you go out with)",
        ],
    );
    check_ssh(
        "203.0.113.9, 1.2.3.4/24, everywhere",
        &[
            "5:14: bastion.ssh_from[0]: found `203.0.113.9`, expected a block such as `203.0.113.0/24` or `2001:db8::/48` (hint: one address alone is `203.0.113.9/32`)",
            "5:27: bastion.ssh_from[1]: found `1.2.3.4/24`, expected a block such as `203.0.113.0/24` or `2001:db8::/48` (hint: the block is `1.2.3.0/24`)",
            "5:39: bastion.ssh_from[2]: found `everywhere`, expected a block such as `203.0.113.0/24` or `2001:db8::/48`",
        ],
    );
}

#[test]
fn ssh_sources_are_narrow_together() {
    check_ssh(
        "52.0.0.0/16, 52.1.0.0/16",
        &[
            "5:27: bastion.ssh_from[1]: found `52.1.0.0/16`, with which the SSH sources are wider than a /16, expected SSH sources that are together no wider than a /16 (hint: many narrow ranges open as much as a wide one: leave some out)",
        ],
    );
    check_ssh(
        "52.0.0.0/17, 52.0.128.0/17, 52.9.0.0/32",
        &[
            "5:42: bastion.ssh_from[2]: found `52.9.0.0/32`, with which the SSH sources are wider than a /16, expected SSH sources that are together no wider than a /16 (hint: many narrow ranges open as much as a wide one: leave some out)",
        ],
    );
    check_ssh(
        "'2001:db8::/48', '2001:db8:1::/48', 52.0.0.0/16, 9.9.9.9/32",
        &[
            "5:31: bastion.ssh_from[1]: found `2001:db8:1::/48`, with which the SSH sources are wider than a /48, expected SSH sources that are together no wider than a /48 (hint: many narrow ranges open as much as a wide one: leave some out)",
            "5:63: bastion.ssh_from[3]: found `9.9.9.9/32`, with which the SSH sources are wider than a /16, expected SSH sources that are together no wider than a /16 (hint: many narrow ranges open as much as a wide one: leave some out)",
        ],
    );
}

#[test]
fn keys_are_of_a_kind_that_ec2_imports() {
    check_key(
        "hello",
        &[
            "5:15: bastion.public_key: found `hello`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …`",
        ],
    );
    check_key(
        "ssh-ed25519",
        &[
            "5:15: bastion.public_key: found `ssh-ed25519`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: the key's text is damaged: copy the whole `.pub` file)",
        ],
    );
    check_key(
        "ssh-ed25519 AAAA",
        &[
            "5:15: bastion.public_key: found `ssh-ed25519 AAAA`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: the key's text is damaged: copy the whole `.pub` file)",
        ],
    );
    check_key(
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIo2QqnrZQZEPIzr1fxQVQk7Q2LiX28WqeG8UXSqTeNVlVnCgxfnRuKRHikTQybrGL+0Lb82pVO+MCVO54a2dCU= x",
        &[
            "5:15: bastion.public_key: found `ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz…`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: EC2 imports ED25519 and RSA keys, not `ecdsa-sha2-nistp256`: make one with `ssh-keygen -t ed25519`)",
        ],
    );
    check_key(
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDUzlXBg8pTd/FgvB00UOWJ/0EYcYqCXNK22JUJT5fHhtGzkGfzQK9haPJoV+dbccHjzfFPDAMVSijPULGNKZgF0y/MR5AdryfjLEJxN87dIHMpIa3Xk83btlVvUR2qIjrEAc3ElEeF/c404KcI7SDGziDrtd23heofXIE9gwxl7w== x",
        &[
            "5:15: bastion.public_key: found `ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDUzlXBg8pTd/FgvB00UOWJ…`, expected an RSA key of at least 2048 bits (hint: make one with `ssh-keygen -t ed25519`)",
        ],
    );
    check_key(
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIDsl/Fgi9d3N+AAwL7PPGtnZkeipWtM/k1qQMIvY34Mh",
        &[
            "5:15: bastion.public_key: found `ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIDsl/Fgi9d3N+AAwL7PPGtnZkeip…`, expected a whole OpenSSH public key (hint: the key's text is damaged: copy the whole `.pub` file)",
        ],
    );
    check_key(
        "\"ssh-ed25519 AAAA\\nssh-ed25519 AAAA\"",
        &[
            "5:15: bastion.public_key: found `ssh-ed25519 AAAA…`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: give one key on one line)",
        ],
    );
    check_key(
        "|\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    b3BlbnNzaC1rZXk\n",
        &[
            "6:5: bastion.public_key: found a private key, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: this is a private key: take the `.pub` file beside it, and replace the key if this file was shared)",
        ],
    );
}

#[test]
fn a_bastion_has_sources_and_a_key_or_is_off() {
    check(
        "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {}\n",
        &[
            "4:1: bastion.ssh_from: found nobody, expected who may SSH, such as `[203.0.113.0/24]` (hint: or build no bastion: `enabled: false`)",
            "4:1: bastion.public_key: found no key, expected an OpenSSH public key, `ssh-ed25519 …` (hint: or build no bastion: `enabled: false`)",
        ],
    );
    check(
        "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {enabled: no}\n",
        &["4:20: bastion.enabled: found `no`, expected `true` or `false` (hint: write `false`)"],
    );
}
