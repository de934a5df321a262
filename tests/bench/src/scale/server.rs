//! What workers ask: authorities over HTTP, and PostgreSQL.

use std::io::BufRead as _;
use std::path::Path;

use hsign_testkit::postgres::Server;
use hsign_testkit::{Ca, Clock, CrlName, Testbed};
use serde_json::json;

use crate::Failure;
use crate::world::{AFTERWARDS, RENEWAL, SECOND, STAMPED, lists_folder, moment, root_path};

/// Tells where it is, and then answers to lines, `at WHEN`, `size` and `stamps`, until there are no more.
#[allow(clippy::print_stdout, reason = "what it answers is heard there")]
pub(crate) fn serve(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let clocks = [STAMPED, SECOND].map(Clock::fixed);
    let [first, second] = clocks.clone().map(Testbed::start_at);
    let generations = [first?, second?];
    for (number, generation) in generations.iter().enumerate() {
        let root = generation.pki().authority(Ca::TsaRoot).certificate_der();
        std::fs::write(root_path(folder, number), root)?;
    }
    for now in [STAMPED, RENEWAL, AFTERWARDS] {
        let lists = lists_folder(folder, now);
        std::fs::create_dir_all(&lists)?;
        for (number, generation) in
            generations.iter().enumerate().filter(|(number, _)| *number == 0 || now >= SECOND)
        {
            for list in [CrlName::Tsa, CrlName::TsaRoot] {
                let name = format!("{number}-{list:?}.crl");
                std::fs::write(lists.join(name), generation.pki().crl(list, now - 60)?)?;
            }
        }
    }
    let database = Server::start()?;
    let url = database.as_ref().map(|server| server.database("archive")).transpose()?;
    let urls = generations.each_ref().map(Testbed::tsa_url);
    println!("{}", json!({ "postgres": url, "tsa": urls }));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["at", when] => {
                clocks.iter().try_for_each(|clock| moment(when).map(|now| clock.set(now)))?;
                json!({ "at": when })
            }
            ["size"] => {
                let server = database.as_ref().ok_or("no PostgreSQL")?;
                let size = server.query("archive", "SELECT pg_database_size('archive')")?;
                json!({ "octets": size.trim().parse::<u64>()? })
            }
            ["stamps"] => {
                json!({ "stamps": generations.iter().map(|one| one.tsa().issued()).sum::<u64>() })
            }
            other => return Err(format!("unknown word {other:?}").into()),
        };
        println!("{answer}");
    }
    Ok(())
}
