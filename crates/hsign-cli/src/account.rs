//! On whose account this runs: for the journal. Never from the environment where the system itself can be asked.

use hsign::journal_format::Who;

/// Login name (its number where the machine's own list of accounts has no name for it) and machine.
pub(crate) fn who() -> Who {
    let (user, host) = names();
    Who { user, host, process: std::process::id() }
}

#[cfg(unix)]
fn names() -> (String, String) {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = name_in(&accounts, uid).unwrap_or_else(|| format!("uid {uid}"));
    (user, rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// passwd(5): name, password, number, …
#[cfg(unix)]
fn name_in(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn names() -> (String, String) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    (variable("USERNAME"), variable("COMPUTERNAME"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::name_in;

    #[test]
    fn an_account_is_found_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# comment\ndesk:x:1000:1000::/home/desk:/bin/sh\n";
        assert_eq!(name_in(accounts, 1000).as_deref(), Some("desk"));
        assert_eq!(name_in(accounts, 100), None);
    }
}
