use crate::{Error, Record};

/// The queue's log: JSON lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// What it says.
    pub records: Vec<Record>,
    /// The last line was cut off by a crash: it was never acted upon, since it wasn't whole. The next line goes behind a
    /// line end.
    pub torn: bool,
}

impl Log {
    /// Reads a log. Lines that were cut off by a crash stand behind the last whole one, or before a whole one that
    /// went on after the crash.
    ///
    /// # Errors
    /// When a line can't be read that has a line end of its own and wasn't the last when somebody went on.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut log = Self::default();
        let mut torn_before = false;
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            match serde_json::from_slice::<Record>(text) {
                Ok(record) => {
                    log.records.push(record);
                    torn_before = false;
                }
                // Two in a row: a crash, and another one while going on.
                Err(error) if error.is_eof() || text.is_empty() || text.contains(&0) => torn_before = true,
                Err(_) => return Err(Error::Log { line: number + 1 }),
            }
        }
        log.torn = torn_before || bytes.last().is_some_and(|last| *last != b'\n');
        Ok(log)
    }

    /// The line for a record, behind what is there.
    #[must_use]
    pub fn line(&self, record: &Record) -> Vec<u8> {
        let mut line = if self.torn { vec![b'\n'] } else { Vec::new() };
        line.extend(serde_json::to_vec(record).unwrap_or_default());
        line.push(b'\n');
        line
    }
}
