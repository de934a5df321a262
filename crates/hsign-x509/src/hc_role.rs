//! hcRole: the health care profession in subjectDirectoryAttributes (ISO 17090 HCActorData, as the
//! certificate policies of HPKI profile it). Bytes to values only; what a text means is not decided here.

use hsign_asn1::{Tag, Tlv, is_string, oid, string, string_contents};

use crate::Error;
use crate::extension::Extension;

/// id-hcpki-at-healthcareactor.
const HEALTHCARE_ACTOR: &str = "1.0.17090.0.1";

/// One HCActor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthcareActor {
    /// codingSchemeReference, dotted; HPKI's is 1.2.392.100495.1.6.1.1.
    pub coding_scheme: String,
    /// codeDataValue; HPKI doesn't use it.
    pub code: Option<String>,
    /// codeDataFreeText: the profession's name, to be compared as it is.
    pub text: Option<String>,
    /// Whether regional data is there; HPKI doesn't use it.
    pub regional_data: bool,
}

/// Every actor of every hcRole attribute of a subjectDirectoryAttributes extension.
pub(crate) fn health_care_actors(extension: &Extension) -> Result<Vec<HealthcareActor>, Error> {
    extension.decode("hcRole", Tag::SEQUENCE, |element| {
        let mut attributes = element.reader()?;
        if attributes.is_empty() {
            return Err(element.bad("subjectDirectoryAttributes holds at least one attribute"));
        }
        let mut actors = Vec::new();
        while !attributes.is_empty() {
            let mut fields = attributes.expect(Tag::SEQUENCE)?.reader()?;
            let attribute_type = oid(&fields.expect(Tag::OID)?)?;
            let values = fields.expect(Tag::SET)?;
            fields.finish()?;
            if attribute_type == HEALTHCARE_ACTOR {
                actor_data(&values, &mut actors)?;
            }
        }
        Ok(actors)
    })
}

/// The attribute's values, each an HCActorData: SET OF HCActor.
fn actor_data(values: &Tlv<'_>, actors: &mut Vec<HealthcareActor>) -> Result<(), hsign_asn1::Error> {
    let mut values_inside = values.reader()?;
    if values_inside.is_empty() {
        return Err(values.bad("an attribute has at least one value"));
    }
    while !values_inside.is_empty() {
        let data = values_inside.expect(Tag::SET)?;
        let mut members = data.reader()?;
        if members.is_empty() {
            return Err(data.bad("HCActorData names at least one actor"));
        }
        while !members.is_empty() {
            actors.push(actor(&members.expect(Tag::SEQUENCE)?)?);
        }
    }
    Ok(())
}

/// HCActor: codedData `[0]` EXPLICIT, regionalHCData `[1]` OPTIONAL.
fn actor(element: &Tlv<'_>) -> Result<HealthcareActor, hsign_asn1::Error> {
    let mut fields = element.reader()?;
    let coded = fields.expect(Tag::context(0, true))?.only(Tag::SET)?;
    let regional_data = fields.optional(Tag::context(1, true))?.is_some();
    fields.finish()?;
    let mut actor = coded_data(&coded)?;
    actor.regional_data = regional_data;
    Ok(actor)
}

/// CodedData, a SET: its fields may come in any order, each once.
fn coded_data(set: &Tlv<'_>) -> Result<HealthcareActor, hsign_asn1::Error> {
    let (mut scheme, mut code, mut text) = (None, None, None);
    let mut fields = set.reader()?;
    while let Some(field) = fields.next()? {
        let is_new = match (field.tag.class, field.tag.number) {
            (hsign_asn1::Class::Context, 0) => scheme.replace(oid(&field.only(Tag::OID)?)?).is_none(),
            (hsign_asn1::Class::Context, 1) => code.replace(code_value(&field)?).is_none(),
            (hsign_asn1::Class::Context, 2) => text.replace(inner_string(&field)?).is_none(),
            _ => return Err(field.bad("not a field of CodedData")),
        };
        if !is_new {
            return Err(field.bad("a field of CodedData is there twice"));
        }
    }
    let coding_scheme = scheme.ok_or_else(|| set.bad("codingSchemeReference is missing"))?;
    Ok(HealthcareActor { coding_scheme, code, text, regional_data: false })
}

/// codeDataValue is tagged implicitly or explicitly, depending on the edition of the module.
fn code_value(field: &Tlv<'_>) -> Result<String, hsign_asn1::Error> {
    if field.tag.constructed {
        return inner_string(field);
    }
    string_contents(Tag::NUMERIC_STRING, field.contents)
        .map_err(|error| error.shifted(field.contents_offset()))
}

/// A string under an explicit tag.
fn inner_string(field: &Tlv<'_>) -> Result<String, hsign_asn1::Error> {
    let mut inside = field.reader()?;
    let value = inside.any()?;
    inside.finish()?;
    if !is_string(value.tag) {
        return Err(value.bad("not a character string"));
    }
    string(&value)
}
