//! Choosing the one key that a URI names.

use std::sync::{Arc, Mutex};

use cryptoki::session::{Session, UserType};

use super::credential::{State, TokenCredential};
use super::discovery::ModuleKind;
use super::failure::failed;
use super::module::Module;
use super::objects::{CertificateObject, KeyObject, certificates, keys};
use super::pin::{Door, Pin, identity};
use super::token::{PresentToken, library_matches, modules};
use crate::own_certificate::OwnCertificates;
use crate::specification::{ObjectType, Pkcs11Uri};
use crate::{Error, KeyProtection, Options, SecretSource, suitability};

/// A certificate that fits the URI, and its key as far as it can be seen.
struct Candidate {
    module: Arc<Module>,
    token: Arc<PresentToken>,
    object: CertificateObject,
    key: Option<KeyObject>,
    others: Arc<Vec<CertificateObject>>,
    pin: Option<Pin>,
}

/// Opens the key that `uri` names; asks for a PIN only when the token shows too little without it.
pub(crate) fn open<'a>(
    uri: &Pkcs11Uri,
    secrets: &'a dyn SecretSource,
    options: &Options,
) -> Result<TokenCredential<'a>, Error> {
    refuse_what_cannot_match(uri)?;
    let secrets: Box<dyn SecretSource + 'a> = match &uri.pin_source {
        Some(source) => Box::new(source.clone()),
        None => Box::new(secrets),
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut tokens = 0;
    let mut refused = None;
    for module in modules(uri, options)? {
        if module.kind == ModuleKind::HpkiAuthentication {
            let name = module.path.file_name().unwrap_or_default();
            refused = Some(Error::AuthenticationModule(name.to_string_lossy().into_owned()));
            continue;
        }
        // A broken token in one reader must not keep the one in another from signing.
        let fitting = match fitting_tokens(&module, uri) {
            Err(error) if is_passing(&error, uri) => {
                refused = Some(error);
                continue;
            }
            other => other?,
        };
        for token in fitting {
            match candidates_on(&module, token, uri, &*secrets) {
                Err(error) if is_passing(&error, uri) => refused = Some(error),
                found => {
                    tokens += 1;
                    found?.into_iter().for_each(|candidate| push_new(&mut candidates, candidate));
                }
            }
        }
    }
    match (candidates.is_empty(), tokens, refused) {
        (false, ..) => one(candidates).and_then(|candidate| credential(candidate, uri, secrets, options)),
        (true, 0, Some(refused)) => Err(refused),
        (true, 0, None) => Err(Error::NoToken),
        (true, ..) => Err(Error::NoObject(uri.token.clone().unwrap_or_else(|| "in the reader".to_owned()))),
    }
}

/// A token that fails, behind a module that the URI doesn't name.
fn is_passing(error: &Error, uri: &Pkcs11Uri) -> bool {
    let named = uri.module_path.is_some() || uri.module_name.is_some();
    !named && matches!(error, Error::Token { .. } | Error::TokenRemoved)
}

/// A token may be reached through two modules (p11-kit's proxy stands for others); the first one counts.
fn push_new(candidates: &mut Vec<Candidate>, candidate: Candidate) {
    let key = |one: &Candidate| (identity(&one.token.info), one.object.certificate.clone());
    if !candidates.iter().any(|known| key(known) == key(&candidate)) {
        candidates.push(candidate);
    }
}

fn refuse_what_cannot_match(uri: &Pkcs11Uri) -> Result<(), Error> {
    if let Some((name, _)) = uri.unknown_path.first() {
        return Err(Error::Specification(format!(
            "`{name}` is not a known attribute, so nothing matches (RFC 7512 §2.5)"
        )));
    }
    match uri.object_type {
        None | Some(ObjectType::Private | ObjectType::Certificate) => Ok(()),
        Some(_) => {
            Err(Error::Specification("only type=private and type=cert name something that signs".to_owned()))
        }
    }
}

fn fitting_tokens(module: &Module, uri: &Pkcs11Uri) -> Result<Vec<Arc<PresentToken>>, Error> {
    let _alone = module.alone();
    if !library_matches(module, uri) {
        return Ok(Vec::new());
    }
    let tokens = PresentToken::all(module)?;
    Ok(tokens.into_iter().filter(|token| token.matches(uri)).map(Arc::new).collect())
}

fn candidates_on(
    module: &Arc<Module>,
    token: Arc<PresentToken>,
    uri: &Pkcs11Uri,
    secrets: &dyn SecretSource,
) -> Result<Vec<Candidate>, Error> {
    let look = |pin: Option<&Pin>| {
        let _alone = module.alone();
        let session = module.cryptoki.open_ro_session(token.slot).map_err(failed)?;
        if let Some(pin) = pin {
            Door { module, slot: token.slot, secrets }.login(&session, UserType::User, pin)?;
        }
        seen(&session)
    };
    let candidates = |certificates: Vec<CertificateObject>,
                      pairs: Vec<(CertificateObject, Option<KeyObject>)>,
                      pin: Option<Pin>| {
        let others = Arc::new(certificates);
        let candidate = |(object, key)| Candidate {
            module: Arc::clone(module),
            token: Arc::clone(&token),
            object,
            key,
            others: Arc::clone(&others),
            pin: pin.clone(),
        };
        pairs.into_iter().map(candidate).collect()
    };

    let (certificates, keys) = look(None)?;
    let pairs = pairs(&certificates, &keys, uri);
    if !pairs.is_empty() || !token.needs_login(module) {
        return Ok(candidates(certificates, pairs, None));
    }
    // Cards show certificates to everybody and the key only after login: one certificate that can be a signer's
    // is enough to know what will be signed with.
    let holders: Vec<_> =
        certificates.iter().filter(|object| is_holder(object) && certificate_fits(object, uri)).collect();
    if let [holder] = holders[..] {
        let pair = vec![(holder.clone(), None)];
        return Ok(candidates(certificates, pair, None));
    }
    let pin = Door { module, slot: token.slot, secrets }.ask()?;
    let (certificates, keys) = look(Some(&pin))?;
    let pairs = self::pairs(&certificates, &keys, uri);
    Ok(candidates(certificates, pairs, Some(pin)))
}

fn seen(session: &Session) -> Result<(Vec<CertificateObject>, Vec<KeyObject>), Error> {
    Ok((certificates(session)?.0, keys(session)?))
}

/// Certificates with their keys, where one of the two fits the URI.
fn pairs(
    certificates: &[CertificateObject],
    keys: &[KeyObject],
    uri: &Pkcs11Uri,
) -> Vec<(CertificateObject, Option<KeyObject>)> {
    let key_of = |object: &CertificateObject| keys.iter().find(|key| key.belongs_to(object)).cloned();
    certificates
        .iter()
        .filter_map(|object| Some((object.clone(), key_of(object)?)))
        .filter(|(object, key)| certificate_fits(object, uri) || fits(&key.id, &key.label, uri))
        .map(|(object, key)| (object, Some(key)))
        .collect()
}

fn certificate_fits(object: &CertificateObject, uri: &Pkcs11Uri) -> bool {
    fits(&object.id, &object.label, uri)
}

fn fits(id: &[u8], label: &str, uri: &Pkcs11Uri) -> bool {
    uri.id.as_ref().is_none_or(|wanted| wanted == id)
        && uri.object.as_ref().is_none_or(|wanted| wanted.trim_end() == label)
}

/// Not an authority's certificate.
fn is_holder(object: &CertificateObject) -> bool {
    match object.certificate.basic_constraints() {
        Ok(constraints) => !constraints.is_some_and(|constraints| constraints.ca),
        Err(_) => false,
    }
}

/// The only candidate, or the only one whose certificate may sign.
fn one(mut candidates: Vec<Candidate>) -> Result<Candidate, Error> {
    if candidates.len() > 1 && candidates.iter().any(is_suitable) {
        candidates.retain(is_suitable);
    }
    match (candidates.pop(), candidates.len()) {
        (Some(only), 0) => Ok(only),
        (last, count) => {
            let named = last.iter().chain(&candidates).take(3);
            let uri =
                |one: &Candidate| one.token.uri(&one.module, &one.object.id, &one.object.label).to_string();
            let first = named.map(uri).collect::<Vec<_>>().join(", ");
            Err(Error::Ambiguous { count: count + 1, first })
        }
    }
}

fn is_suitable(candidate: &Candidate) -> bool {
    suitability(&candidate.object.certificate).is_ok()
}

fn credential<'a>(
    candidate: Candidate,
    uri: &Pkcs11Uri,
    secrets: Box<dyn SecretSource + 'a>,
    options: &Options,
) -> Result<TokenCredential<'a>, Error> {
    let Candidate { module, token, object, key, others, pin } = candidate;
    let (mechanisms, hardware) = {
        let _alone = module.alone();
        (module.cryptoki.get_mechanism_list(token.slot).map_err(failed)?, token.is_hardware(&module))
    };
    let protection = match &key {
        Some(key) => key.protection(hardware),
        None => {
            KeyProtection::Token { hardware, always_authenticate: None, extractable: None, sensitive: None }
        }
    };
    let mut all: Vec<_> = others.iter().map(|other| other.certificate.clone()).collect();
    all.push(object.certificate.clone());
    let certificates =
        OwnCertificates::choose(all, |certificate| certificate.der() == object.certificate.der())
            .ok_or_else(|| Error::NoCertificate("the token".to_owned()))?;
    let mut specification = token.uri(&module, &object.id, &object.label);
    if let crate::Specification::Pkcs11(own) = &mut specification {
        own.pin_source.clone_from(&uri.pin_source);
    }
    let always = matches!(protection, KeyProtection::Token { always_authenticate: Some(true), .. });
    Ok(TokenCredential {
        needs_login: always || token.needs_login(&module),
        slot: token.slot,
        token: identity(&token.info),
        module,
        object,
        certificates,
        mechanisms,
        protection,
        specification,
        secrets,
        retention: options.pin_retention,
        state: Mutex::new(State::with_pin(pin)),
    })
}
