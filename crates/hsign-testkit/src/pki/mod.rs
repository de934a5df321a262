//! The throw-away PKI: authorities, people, machines, and what is known about revocation.

mod authorities;
pub(crate) mod certificate;
mod crl;
mod identity;
pub(crate) mod name;
pub(crate) mod ocsp;
pub mod oid;
mod people;
mod units;

use std::sync::{Mutex, PoisonError};

pub use authorities::{Authority, Ca};
pub use crl::{CrlName, Revocation};
pub(crate) use identity::pem;
pub use identity::{Identity, PASSPHRASE, Protection};
pub use people::Person;
pub use units::Unit;

use openssl::pkey::{PKey, Private};

use crate::Error;
use crate::clock::{DAY, Seconds};

/// A complete test PKI. The same base URL and time give the same certificates, but for the random part of ECDSA.
#[derive(Debug)]
pub struct Pki {
    base_url: String,
    authorities: Vec<Authority>,
    people: Vec<(Person, Identity)>,
    units: Vec<(Unit, Identity)>,
    revocations: Mutex<Vec<Revocation>>,
}

impl Pki {
    /// Everything issued as seen from `now`; URLs inside the certificates begin with `base_url` (no slash at its end).
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn new(base_url: &str, now: Seconds) -> Result<Self, Error> {
        let authorities = authorities::create(base_url, now)?;
        let mut people = Vec::new();
        for person in Person::ALL {
            let issuers = above(&authorities, person.issuer());
            let issuer = *issuers.first().ok_or(Error::Malformed("hierarchy"))?;
            people.push((person, people::create(person, issuer, &issuers, base_url, now)?));
        }
        let mut units = Vec::new();
        for unit in Unit::ALL {
            let issuers = above(&authorities, unit.issuer());
            let issuer = *issuers.first().ok_or(Error::Malformed("hierarchy"))?;
            units.push((unit, units::create(unit, issuer, &issuers, base_url, now)?));
        }
        let revoked = Person::Revoked;
        let revocation =
            Revocation { issuer: revoked.issuer(), serial: revoked.serial(), date: now - 10 * DAY };
        let revocations = Mutex::new(vec![revocation]);
        Ok(Self { base_url: base_url.to_owned(), authorities, people, units, revocations })
    }

    /// Where the URLs inside the certificates point to.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A certification authority.
    ///
    /// # Panics
    /// Never: every authority exists.
    #[allow(clippy::expect_used, reason = "new() makes one entry for each value of the enum")]
    pub fn authority(&self, ca: Ca) -> &Authority {
        self.authorities.iter().find(|authority| authority.ca == ca).expect("every authority exists")
    }

    /// A person's certificate and key.
    ///
    /// # Panics
    /// Never: every person exists.
    #[allow(clippy::expect_used, reason = "new() makes one entry for each value of the enum")]
    pub fn person(&self, person: Person) -> &Identity {
        self.people
            .iter()
            .find(|(key, _)| *key == person)
            .map(|(_, identity)| identity)
            .expect("every person exists")
    }

    /// A further doctor like [`Person::Doctor`], with a certificate and key of her own; `now` as for [`Pki::new`].
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn another_doctor(&self, number: u64, key: PKey<Private>, now: Seconds) -> Result<Identity, Error> {
        let issuers = above(&self.authorities, Person::Doctor.issuer());
        let issuer = *issuers.first().ok_or(Error::Malformed("hierarchy"))?;
        people::colleague(number, key, issuer, &issuers, &self.base_url, now)
    }

    /// A machine's certificate and key.
    ///
    /// # Panics
    /// Never: every unit exists.
    #[allow(clippy::expect_used, reason = "new() makes one entry for each value of the enum")]
    pub fn unit(&self, unit: Unit) -> &Identity {
        self.units
            .iter()
            .find(|(key, _)| *key == unit)
            .map(|(_, identity)| identity)
            .expect("every unit exists")
    }

    /// From `date` on the certificate counts as revoked, in lists and by OCSP.
    pub fn revoke(&self, issuer: Ca, serial: u64, date: Seconds) {
        let mut revocations = self.revocations.lock().unwrap_or_else(PoisonError::into_inner);
        revocations.push(Revocation { issuer, serial, date });
    }

    /// What is revoked, in the order in which it was.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.revocations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A revocation list, DER, as it stands at `now`.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn crl(&self, list: CrlName, now: Seconds) -> Result<Vec<u8>, Error> {
        let authority = self.authority(list.issuer());
        let issuer = self.authority(list.issuer().issuer());
        crl::create(list, authority, issuer, &self.revocations(), now)
    }

    /// The answer of `responder` ([`Unit::TsaOcsp`] or [`Unit::CommercialOcsp`]) to an OCSP request at `now`, DER.
    ///
    /// # Errors
    /// What OpenSSL says. A request that can't be read gets the answer malformedRequest.
    pub fn ocsp(&self, responder: Unit, request: &[u8], now: Seconds) -> Result<Vec<u8>, Error> {
        ocsp::respond(self, responder, request, now)
    }
}

/// An authority and all above it, the root last.
fn above(authorities: &[Authority], ca: Ca) -> Vec<&Authority> {
    let mut path: Vec<&Authority> = authorities.iter().filter(|authority| authority.ca == ca).collect();
    if !ca.is_root() {
        path.extend(above(authorities, ca.issuer()));
    }
    path
}
