//! Holds: what a court, an authority or a dispute wants kept is neither deleted nor left to end.

use hsign_archive::{Event, HoldSubject};
use hsign_core::Finding;

use super::{Archive, Environment, Line, Summary};
use crate::Error;

impl Archive {
    /// From now on nothing of `subject` may be deleted, and its evidence is renewed however long that takes.
    ///
    /// # Errors
    /// When a hold of this name stands, or a store or the index fails.
    pub fn hold(
        &self,
        hold: &str,
        subject: &HoldSubject,
        reason: &str,
        environment: &Environment<'_>,
    ) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.record(&mut index, environment, &mut |index| {
            if index.holds()?.iter().any(|row| row.name == hold && row.released.is_none()) {
                return Err(Error::ArchiveRefused(Finding::error("archive-hold-there").with("hold", hold)));
            }
            let (hold, reason) = (hold.to_owned(), reason.to_owned());
            Ok(vec![Event::Held { hold, subject: subject.clone(), reason }])
        })?;
        environment.tell(&Line::Held { hold: hold.to_owned(), subject: subject.clone() });
        Ok(Summary::default())
    }

    /// The hold is over; other holds on the same documents stand.
    ///
    /// # Errors
    /// When no hold of this name stands, or a store or the index fails.
    pub fn release(&self, hold: &str, reason: &str, environment: &Environment<'_>) -> Result<Summary, Error> {
        let mut index = self.index(environment)?;
        self.record(&mut index, environment, &mut |index| {
            if !index.holds()?.iter().any(|row| row.name == hold && row.released.is_none()) {
                return Err(Error::ArchiveRefused(Finding::error("archive-no-such-hold").with("hold", hold)));
            }
            Ok(vec![Event::Released { hold: hold.to_owned(), reason: reason.to_owned() }])
        })?;
        environment.tell(&Line::Released { hold: hold.to_owned() });
        Ok(Summary::default())
    }
}
