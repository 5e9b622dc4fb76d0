//! Ports on 127.0.0.1, and who has them.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use super::process::command_of;
use crate::failure::Failure;

/// Where the search begins; nothing well known listens there.
const FIRST: u16 = 4599;

/// How many ports after it are tried.
const TRIED: u16 = 100;

/// Listens on the port that was asked for, or the last one that was used, or the first that is free.
/// The local cloud gets this very socket: of several that start at once each has its own from here on.
pub fn take(asked: Option<u16>, last: Option<u16>) -> Result<TcpListener, Failure> {
    if let Some(port) = asked {
        return listen(port).map_err(|_| taken(port));
    }
    let mut candidates = last.into_iter().chain(FIRST..FIRST + TRIED);
    candidates.find_map(|port| listen(port).ok()).ok_or_else(|| {
        Failure::new("cannot find a free port")
            .because(format!("{FIRST} to {} are all taken", FIRST + TRIED - 1))
            .hint("name one with `--port`")
    })
}

pub fn of(listener: &TcpListener) -> Result<u16, Failure> {
    let address = listener.local_addr();
    Ok(address.map_err(|error| Failure::new("cannot find a free port").because(error))?.port())
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

fn taken(port: u16) -> Failure {
    let by = match holder(port) {
        Some((pid, command)) => format!("it is used by `{command}` (process {pid})"),
        None => "something else uses it".to_owned(),
    };
    Failure::new(format!("cannot start the local cloud on port {port}"))
        .because(by)
        .hint("choose another with `--port`, or leave it out and a free one is taken")
}

/// The process that listens on `port`, as far as Linux tells us.
fn holder(port: u16) -> Option<(u32, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inode = tables.iter().find_map(|table| inode(&fs::read_to_string(table).ok()?, port))?;
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let holds = |pid: &u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.filter_map(|it| fs::read_link(it.path()).ok()).any(|it| it.as_os_str() == &*socket)
    };
    let pid = pids.into_iter().find(holds)?;
    Some((pid, command_of(pid)?.join(" ")))
}

/// The inode of the socket that listens on `port`, in the text of `/proc/net/tcp`.
fn inode(table: &str, port: u16) -> Option<String> {
    /// `TCP_LISTEN`, see proc(5).
    const LISTENING: &str = "0A";
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, state, _, _, _, _, _, inode, ..] = columns[..] else { return None };
        (local.ends_with(&wanted) && state == LISTENING).then(|| inode.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn a_port_that_is_taken_is_refused_with_the_name_of_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let failure = take(Some(port), None).expect_err("taken");
        let pid = format!("(process {})", std::process::id());
        assert!(failure.why[0].ends_with(&pid), "{:?}", failure.why);
    }

    #[test]
    fn a_last_port_that_is_taken_is_passed_over() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let other = take(None, Some(port)).expect("another");
        assert_ne!(other.local_addr().expect("an address").port(), port);
    }

    #[test]
    fn who_looks_for_a_port_at_the_same_time_gets_another() {
        const SEVERAL: usize = 8;
        let barrier = Barrier::new(SEVERAL);
        let look = || {
            barrier.wait();
            take(None, None).expect("a free port")
        };
        let taken: Vec<TcpListener> = thread::scope(|scope| {
            let all: Vec<_> = (0..SEVERAL).map(|_| scope.spawn(look)).collect();
            all.into_iter().map(|one| one.join().expect("a port")).collect()
        });
        let port = |it: &TcpListener| it.local_addr().expect("an address").port();
        assert_eq!(taken.iter().map(port).collect::<BTreeSet<u16>>().len(), SEVERAL);
    }
}
