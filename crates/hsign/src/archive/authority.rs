//! Getting a time stamp: who is asked and when is the governor's decision, which lies in the database, so that no number
//! of workers asks more often than the contract allows; what comes is believed only after it was checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hsign_archive::{Limits, Outcome, SpendingLimits, Wait, Window};
use hsign_archive_store::{Ask, Asked, Claim, Index};
use hsign_core::ports::PortError;
use hsign_core::{Digest, Finding, Severity};
use hsign_net::{SecretResolver, TsaExchange};
use hsign_tsp::{Expected, TimestampRequest, TimestampResponse, Token, check_binding, nonce};

use super::config::{ArchiveConfig, AuthorityConfig, AuthorityLimits, TrackConfig};
use super::tokens::{JudgedToken, accreditation_missing, judge_token};
use super::{Archive, Authorities, Environment};
use crate::Error;

/// After a failure that the governor doesn't make a pause of.
const AGAIN: Duration = Duration::from_secs(60);

/// The authorities of an archive's configuration, over HTTP.
pub struct HttpAuthorities {
    exchanges: BTreeMap<String, TsaExchange>,
}

impl HttpAuthorities {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// When an endpoint contradicts itself.
    pub fn new(config: &ArchiveConfig, secrets: &Arc<SecretResolver>) -> Result<Self, PortError> {
        let mut exchanges = BTreeMap::new();
        for AuthorityConfig { endpoint, .. } in &config.authorities {
            let exchange = TsaExchange::new(endpoint.clone(), Arc::clone(secrets))?;
            exchanges.insert(endpoint.name.clone(), exchange);
        }
        Ok(Self { exchanges })
    }
}

impl Authorities for HttpAuthorities {
    fn ask(&self, authority: &str, request: &[u8]) -> Result<Vec<u8>, PortError> {
        let exchange = self.exchanges.get(authority).ok_or_else(|| {
            PortError::new(hsign_core::ErrorKind::Usage, format!("no authority is named {authority}"))
        })?;
        Ok(exchange.send(request)?)
    }
}

/// What came of wanting a time stamp.
pub(super) enum Wanted {
    /// It is there, and was checked.
    Stamp(Stamp),
    /// Not now.
    Later {
        /// Why: of each authority what it did.
        findings: Vec<Finding>,
        /// After which time it may be tried again.
        after: Duration,
    },
}

/// A time stamp that may be used.
pub(super) struct Stamp {
    pub(super) token: Vec<u8>,
    /// With what verifies it inside.
    pub(super) enriched: Vec<u8>,
    pub(super) tsa: String,
    /// Whether an authority was asked for it, and what that costs.
    pub(super) asked: bool,
    pub(super) yen: Option<u64>,
}

/// What one authority gave.
enum Gave {
    Stamp(Stamp),
    Nothing(Vec<Finding>, Duration),
}

impl Archive {
    /// A time stamp over `imprint`, by the first authority of the track that gives one that can be used.
    pub(super) fn stamp_over(
        &self,
        index: &mut Index,
        claim: &Claim,
        track: &TrackConfig,
        imprint: &Digest,
        environment: &Environment<'_>,
    ) -> Result<Wanted, Error> {
        let (mut findings, mut after) = (Vec::new(), None::<Duration>);
        for name in &track.tsa {
            let Some(authority) = self.config.authority(name) else { continue };
            match self.ask(index, claim, authority, imprint, environment)? {
                Gave::Stamp(stamp) => return Ok(Wanted::Stamp(stamp)),
                Gave::Nothing(why, again) => {
                    findings.extend(why);
                    after = Some(after.map_or(again, |after| after.min(again)));
                }
            }
        }
        Ok(Wanted::Later { findings, after: after.unwrap_or(AGAIN) })
    }

    fn ask(
        &self,
        index: &mut Index,
        claim: &Claim,
        authority: &AuthorityConfig,
        imprint: &Digest,
        environment: &Environment<'_>,
    ) -> Result<Gave, Error> {
        let name = &authority.endpoint.name;
        let limits = limits_of(&authority.limits);
        let mut random = [0; 8];
        environment.randomness.fill(&mut random)?;
        let request = TimestampRequest {
            imprint: imprint.clone(),
            nonce: Some(nonce(&random)),
            policy: authority.endpoint.policy.clone(),
            certificate_requested: true,
        };
        let random_nonce = request.nonce.clone().unwrap_or_default();
        let ask = Ask {
            claim,
            tsa: name,
            limits: &limits,
            spending: self.spending(),
            imprint,
            nonce: &random_nonce,
            patience: Duration::from_secs(authority.endpoint.timeout_seconds.saturating_mul(2)),
        };
        let asked = match index.ask(&ask)? {
            Asked::Granted(intent) => intent,
            // Somebody was asked for the same before a crash: what came then is as good now, and paid for.
            Asked::Stored(intent) => {
                let response = intent.response.as_deref().unwrap_or_default();
                let again = self.looked_at(response, &intent.nonce, authority, imprint, environment, true)?;
                return match again {
                    Ok(stamp) => {
                        index.answered(&intent, &limits, Outcome::Granted, None)?;
                        Ok(Gave::Stamp(Stamp { asked: false, ..stamp }))
                    }
                    Err(findings) => {
                        index.answered(&intent, &limits, Outcome::Refused, None)?;
                        Ok(Gave::Nothing(findings, Duration::ZERO))
                    }
                };
            }
            Asked::Wait(wait, why) => {
                let code = if why == Wait::Paused { "archive-tsa-paused" } else { "archive-tsa-quota" };
                return Ok(refused(code, name, wait));
            }
            Asked::Spent(wait) => return Ok(refused("archive-budget-spent", name, wait)),
            Asked::Lost => return Err(Error::ArchiveRefused(Finding::warning("archive-lease-lost"))),
        };
        environment.reached("stamp-before-request");
        let answer = environment.authorities.ask(name, &request.to_der()?);
        environment.reached("stamp-after-response");
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                index.answered(&asked, &limits, Outcome::Throttled, None)?;
                let findings =
                    vec![Finding::warning("archive-tsa-failed").with("tsa", name), error.first_finding()];
                return Ok(Gave::Nothing(findings, AGAIN));
            }
        };
        index.received(&asked, &response)?;
        environment.reached("stamp-after-stored");
        let looked = self.looked_at(&response, &random_nonce, authority, imprint, environment, false)?;
        let outcome = if looked.is_ok() { Outcome::Granted } else { Outcome::Refused };
        index.answered(&asked, &limits, outcome, None)?;
        Ok(looked.map_or_else(|findings| Gave::Nothing(findings, AGAIN), Gave::Stamp))
    }

    /// Everything that is checked of an answer (RFC 3161 §2.2, §2.4.2), and that the policy takes the token now. A
    /// stored one is as old as it is.
    fn looked_at(
        &self,
        response: &[u8],
        nonce: &[u8],
        authority: &AuthorityConfig,
        imprint: &Digest,
        environment: &Environment<'_>,
        stored: bool,
    ) -> Result<Result<Stamp, Vec<Finding>>, Error> {
        let name = &authority.endpoint.name;
        let first = || Finding::error("archive-tsa-answer-refused").with("tsa", name);
        let granted =
            TimestampResponse::parse(response).and_then(|response| Token::parse(response.granted()?));
        let token = match granted {
            Ok(token) => token,
            Err(error) => return Ok(Err(vec![first(), error.finding()])),
        };
        let gen_time = token.info().gen_time.0;
        let expected = Expected {
            imprint,
            nonce: Some(nonce),
            policy: authority.endpoint.policy.as_deref(),
            now: if stored { gen_time } else { environment.now() },
            clock_tolerance_seconds: authority.endpoint.clock_tolerance_seconds,
            certificates: &[],
        };
        let mut findings = check_binding(&token, &expected, environment.settings.verifier.as_ref());
        findings.retain(|finding| finding.severity == Severity::Error);
        if !findings.is_empty() {
            findings.insert(0, first());
            return Ok(Err(findings));
        }
        if let Some(finding) = not_der(name, &token) {
            return Ok(Err(vec![first(), finding]));
        }
        let judged = judge_token(token.bytes(), imprint, environment)?;
        let JudgedToken { enriched, ends, .. } = &judged;
        let ends = match ends {
            Some(ends) if may_be_used(&judged, environment) => ends.clone(),
            _ => {
                let mut findings = judged.objections();
                findings.insert(0, first());
                return Ok(Err(findings));
            }
        };
        let shortest = gen_time.plus_seconds(self.config.policy.shortest_stamp.as_seconds());
        if ends.certificate_end < shortest {
            let short =
                Finding::error("archive-stamp-too-short").with("tsa", name).with("end", ends.certificate_end);
            return Ok(Err(vec![first(), short]));
        }
        self.know_ends(token.bytes(), &ends);
        Ok(Ok(Stamp {
            token: token.bytes().to_vec(),
            enriched: enriched.clone(),
            tsa: name.clone(),
            asked: true,
            yen: authority.limits.yen,
        }))
    }

    fn spending(&self) -> SpendingLimits {
        let budget = self.config.budget;
        SpendingLimits { yen_per_day: budget.yen_per_day, yen_per_month: budget.yen_per_month }
    }
}

/// Passed, with the accreditation that the policy asks for; data newer than the stamp may still come.
fn may_be_used(judged: &JudgedToken, environment: &Environment<'_>) -> bool {
    let rules = environment.settings.policy.timestamps();
    let waits = judged.verdict.sub_indication() == Some(hsign_validation::SubIndication::TryLater);
    (judged.holds() || waits) && !accreditation_missing(judged, &rules.accreditations)
}

/// RFC 3161 asks for DER nowhere but in the signed attributes. An evidence record is DER (RFC 4998 §3.1), and software
/// that reads one and writes it again to hash what is inside would hash other octets than were stamped.
fn not_der(name: &str, token: &Token) -> Option<Finding> {
    let (offset, violation) = token.departure_from_der()?;
    let finding = Finding::error("archive-token-not-der").with("tsa", name);
    Some(finding.with("violation", violation).with("offset", offset))
}

fn limits_of(limits: &AuthorityLimits) -> Limits {
    let mut windows = vec![limits.window()];
    windows.extend(limits.per_day.map(|requests| Window { requests, seconds: 86_400 }));
    Limits {
        windows,
        at_once: limits.at_once,
        yen: limits.yen.unwrap_or(0),
        pause: u32::try_from(limits.pause.as_seconds()).unwrap_or(u32::MAX),
        ..Limits::default()
    }
}

impl AuthorityLimits {
    /// A burst at once, and as many again after the time in which they are due one by one.
    fn window(&self) -> Window {
        let seconds = (f64::from(self.burst) / self.per_second).ceil().clamp(1.0, f64::from(u32::MAX));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let seconds = seconds as u32;
        Window { requests: self.burst, seconds }
    }
}

fn refused(code: &str, name: &str, wait: Duration) -> Gave {
    let finding = Finding::warning(code).with("tsa", name).with("seconds", wait.as_secs());
    Gave::Nothing(vec![finding], wait)
}
