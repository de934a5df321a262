//! Which form a signature gets, and which options have no meaning then.

use std::path::Path;

use anyhow::{Result, bail};
use hsign::{ContainerType, Form, InputFormat, input_format};
use hsign_core::Source;

use crate::args::{Format, InContainer, Packaging, SignArgs};
use crate::failure::Usage;
use crate::files;

/// By the options, and where they leave it open by the content.
pub(super) fn form_of(args: &SignArgs, path: &Path, source: &dyn Source) -> Result<Form> {
    let form = match (args.format, args.packaging) {
        // Whoever signs a PDF file wants it signed inside; one that is damaged is told.
        (None, None) if files::is_pdf_by_name(path) && !is(source, InputFormat::Pdf)? => {
            bail!(hsign::Error::UnsupportedFormat)
        }
        (None, None) => Form::of(source)?,
        (None, Some(packaging)) => unnamed(packaging, source)?,
        (Some(Format::Pades), None | Some(Packaging::Enveloped)) => Form::Pades,
        (Some(Format::Cades), None) if is(source, InputFormat::Cms)? => Form::Further,
        (Some(Format::Cades), None | Some(Packaging::Detached)) => Form::CadesDetached,
        (Some(Format::Cades), Some(Packaging::Enveloping)) => Form::CadesEnveloping,
        (Some(Format::Xades), None) if !is(source, InputFormat::Xml)? => Form::XadesDetached,
        (Some(Format::Xades), None | Some(Packaging::Enveloped)) => Form::XadesEnveloped,
        (Some(Format::Xades), Some(Packaging::Enveloping)) => Form::XadesEnveloping,
        (Some(Format::Xades), Some(Packaging::Detached)) => Form::XadesDetached,
        (Some(Format::Xades), Some(Packaging::Manifest)) => Form::XadesManifest,
        (Some(Format::Asic), None) if is(source, InputFormat::Asic)? => Form::Further,
        (Some(Format::Asic), None | Some(Packaging::Enveloping)) => asic(args),
        (Some(format), Some(packaging)) => {
            bail!(Usage::PackagingNotOfFormat { packaging: packaging.name(), format: format.name() })
        }
        (Some(Format::Eprescription), None) => Form::Eprescription(args.eprescription.variant()),
    };
    refuse_what_has_no_meaning(args, form, source)?;
    Ok(form)
}

/// By the output's name ASiC-S, which is about one file; else ASiC-E.
fn asic(args: &SignArgs) -> Form {
    let extension = args.out.as_deref().and_then(|out| out.extension()).map(|one| one.to_ascii_lowercase());
    let single = extension.is_some_and(|one| one == "asics" || one == "scs");
    let kind = if single { ContainerType::AsicS } else { ContainerType::AsicE };
    Form::Asic(kind, args.container_signature.unwrap_or(InContainer::Cades).kind())
}

fn is(source: &dyn Source, format: InputFormat) -> Result<bool> {
    Ok(input_format(source)? == format)
}

/// Where only the packaging was named: XML for XML, CMS for the rest.
fn unnamed(packaging: Packaging, source: &dyn Source) -> Result<Form> {
    Ok(match (input_format(source)?, packaging) {
        (InputFormat::Pdf, Packaging::Enveloped) => Form::Pades,
        (InputFormat::Xml, Packaging::Enveloped) => Form::XadesEnveloped,
        (InputFormat::Xml, Packaging::Enveloping) => Form::XadesEnveloping,
        (InputFormat::Xml, Packaging::Detached) => Form::XadesDetached,
        (_, Packaging::Enveloping) => Form::CadesEnveloping,
        (_, Packaging::Detached) => Form::CadesDetached,
        (_, Packaging::Manifest) => Form::XadesManifest,
        (_, Packaging::Enveloped) => {
            bail!(Usage::PackagingNotOfFormat { packaging: Packaging::Enveloped.name(), format: "cades" })
        }
    })
}

/// An option that can't be followed is told, not passed over.
fn refuse_what_has_no_meaning(args: &SignArgs, form: Form, source: &dyn Source) -> Result<()> {
    let in_pdf = form == Form::Pades || (form == Form::Further && is(source, InputFormat::Pdf)?);
    let of_pdf = [
        ("--field", args.field.is_some()),
        ("--reason", args.reason.is_some()),
        ("--location", args.location.is_some()),
        ("--mark", args.mark.mark.is_some()),
        ("--one-stamp", args.one_stamp),
    ];
    let of_pdf = of_pdf.into_iter().filter(|_| !in_pdf);
    let inside = matches!(form, Form::Pades | Form::XadesEnveloped | Form::Further);
    // The file of the signature is another than the content's.
    let in_place = std::iter::once(("--in-place", args.in_place)).filter(|_| !inside);
    let in_container = std::iter::once(("--container-signature", args.container_signature.is_some()))
        .filter(|_| !matches!(form, Form::Asic(..)));
    let content = std::iter::once(("--content", !args.content.is_empty())).filter(|_| form != Form::Further);
    let of_prescriptions = args.eprescription.given().filter(|_| !matches!(form, Form::Eprescription(_)));
    let of_prescriptions = of_prescriptions.map(|option| (option, true));
    match of_pdf
        .chain(in_place)
        .chain(content)
        .chain(in_container)
        .chain(of_prescriptions)
        .find(|(_, given)| *given)
    {
        Some((option, _)) => bail!(Usage::NotForFormat { option, format: name_of(form) }),
        None => Ok(()),
    }
}

fn name_of(form: Form) -> &'static str {
    match form {
        Form::Pades => "pades",
        Form::XadesEnveloped | Form::XadesEnveloping | Form::XadesDetached | Form::XadesManifest => "xades",
        Form::Asic(..) => "asic",
        Form::Eprescription(_) => "eprescription",
        _ => "cades",
    }
}
