"""Signatures by pyHanko."""

import datetime

from testbed import LETTER


def sign(testbed, out, document=None, key="RSA-2048", level="B-B", **options):
    """`options`: subfilter, digest, pss, visible, permissions (a certification signature), field."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.timestamps import HTTPTimeStamper
    from pyhanko.stamp import TextStampStyle

    field, permissions = options.get("field", "Signature"), options.get("permissions")
    signer = signer_of(testbed, key, options.get("pss", False))
    certification = {"certify": True, "docmdp_permissions": MDPPerm[permissions]} if permissions else {}
    lasting = (
        {"embed_validation_info": True, "use_pades_lta": level == "B-LTA", "validation_context": evidence(testbed)}
        if level in ("B-LT", "B-LTA") else {}
    )
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm=options.get("digest", "sha256"),
        subfilter=SigSeedSubFilter[options.get("subfilter", "PADES")], **certification, **lasting,
    )
    visible = options.get("visible", False)
    pdf_signer = PdfSigner(
        metadata, signer,
        timestamper=HTTPTimeStamper(testbed.tsa_url) if level != "B-B" else None,
        stamp_style=TextStampStyle(stamp_text="Signed by %(signer)s") if visible else None,
        new_field_spec=SigFieldSpec(field, on_page=0, box=(60, 60, 300, 120)) if visible else None,
    )
    with (document or testbed.document(LETTER)).open("rb") as source, out.open("wb") as target:
        pdf_signer.sign_pdf(IncrementalPdfFileWriter(source), output=target)


def signer_of(testbed, key, pss=False):
    from pyhanko.sign import SimpleSigner

    person = testbed.person(key)
    return SimpleSigner.load(
        str(person / "key.pem"), str(person / "certificate.pem"),
        ca_chain_files=(str(testbed.authority("hpki-signature-ca")),), prefer_pss=pss,
    )


def sign_cms(testbed, content, out, key, level, detached):
    """A CAdES signature of any data."""
    import asyncio

    from pyhanko.sign.timestamps import HTTPTimeStamper

    stamper = HTTPTimeStamper(testbed.tsa_url) if level == "B-T" else None
    with content.open("rb") as source:
        signed = asyncio.run(signer_of(testbed, key).async_sign_general_data(
            source, "sha256", detached=detached, use_cades=True, timestamper=stamper,
        ))
    out.write_bytes(signed.dump())


def embed(document, out, make_cms):
    """A signature field whose CMS somebody else makes, of the octets that it is to cover."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import cms_embedder, pdf_byterange

    with document.open("rb") as source:
        steps = cms_embedder.PdfCMSEmbedder().write_cms("Signature", IncrementalPdfFileWriter(source))
        next(steps)
        placeholder = pdf_byterange.SignatureObject(
            datetime.datetime.now(datetime.UTC), SigSeedSubFilter.PADES, bytes_reserved=16_384
        )
        steps.send(cms_embedder.SigObjSetup(placeholder))
        prepared, file = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256", in_place=False))
        octets = file.getvalue()
        covered = octets[: prepared.reserved_region_start] + octets[prepared.reserved_region_end :]
        steps.send(make_cms(covered))
        out.write_bytes(file.getvalue())


def add_empty_field(document, out, field):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    with document.open("rb") as source, out.open("wb") as target:
        writer = IncrementalPdfFileWriter(source)
        append_signature_field(writer, SigFieldSpec(field, on_page=0, box=(60, 60, 300, 120)))
        writer.write(target)


def add_document_time_stamp(testbed, document, out):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfTimeStamper
    from pyhanko.sign.timestamps import HTTPTimeStamper

    with document.open("rb") as source, out.open("wb") as target:
        stamper = PdfTimeStamper(HTTPTimeStamper(testbed.tsa_url))
        stamper.timestamp_pdf(IncrementalPdfFileWriter(source), "sha256", output=target)


def draw_on_first_page(document, out):
    """A later revision with other contents of the page."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    with document.open("rb") as source, out.open("wb") as target:
        writer = IncrementalPdfFileWriter(source)
        drawing = generic.StreamObject(stream_data=b"0 0 0 rg 72 600 300 40 re f\n")
        writer.add_stream_to_page(0, writer.add_object(drawing))
        writer.write(target)


def evidence(testbed):
    """The roots, the authorities and the lists of the test PKI, for what pyHanko puts into a document."""
    from pyhanko.keys import load_certs_from_pemder
    from pyhanko_certvalidator import ValidationContext

    def load(*names):
        return list(load_certs_from_pemder([str(testbed.authority(name)) for name in names]))

    return ValidationContext(
        trust_roots=load("hpki-root", "tsa-root"), other_certs=load("hpki-signature-ca", "tsa-ca"), allow_fetching=False,
        crls=[file.read_bytes() for file in sorted((testbed.pki / "crl").glob("*.crl"))],
    )


def renew(testbed, document, out):
    """A further document time stamp, with the evidence for the one before."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign import PdfTimeStamper
    from pyhanko.sign.timestamps import HTTPTimeStamper

    with document.open("rb") as source, out.open("wb") as target:
        stamper = PdfTimeStamper(HTTPTimeStamper(testbed.tsa_url))
        reader = PdfFileReader(source)
        stamper.update_archival_timestamp_chain(reader, evidence(testbed), in_place=False, output=target)


def add_text_field(document, out):
    """A form with one empty text field at the foot of page 1, where nothing else is."""
    from pyhanko.pdf_utils import generic as pdf
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    with document.open("rb") as source, out.open("wb") as target:
        writer = IncrementalPdfFileWriter(source)
        page = writer.root["/Pages"]["/Kids"][0]
        field = writer.add_object(pdf.DictionaryObject({
            pdf.pdf_name("/Type"): pdf.pdf_name("/Annot"), pdf.pdf_name("/Subtype"): pdf.pdf_name("/Widget"),
            pdf.pdf_name("/FT"): pdf.pdf_name("/Tx"), pdf.pdf_name("/T"): pdf.pdf_string("Remark"),
            pdf.pdf_name("/F"): pdf.NumberObject(4), pdf.pdf_name("/DA"): pdf.pdf_string("/Helv 10 Tf 0 g"),
            pdf.pdf_name("/Rect"): pdf.ArrayObject(map(pdf.NumberObject, (320, 60, 520, 80))),
            pdf.pdf_name("/P"): writer.root["/Pages"]["/Kids"].raw_get(0),
        }))
        page[pdf.pdf_name("/Annots")] = pdf.ArrayObject([field])
        helvetica = pdf.DictionaryObject({
            pdf.pdf_name("/Type"): pdf.pdf_name("/Font"), pdf.pdf_name("/Subtype"): pdf.pdf_name("/Type1"),
            pdf.pdf_name("/BaseFont"): pdf.pdf_name("/Helvetica"),
        })
        fonts = pdf.DictionaryObject({pdf.pdf_name("/Helv"): helvetica})
        writer.root[pdf.pdf_name("/AcroForm")] = pdf.DictionaryObject({
            pdf.pdf_name("/Fields"): pdf.ArrayObject([field]),
            pdf.pdf_name("/DR"): pdf.DictionaryObject({pdf.pdf_name("/Font"): fonts}),
        })
        writer.update_container(page)
        writer.update_root()
        writer.write(target)


def fill_text_field(document, out, text):
    from pyhanko.pdf_utils import generic as pdf
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    with document.open("rb") as source, out.open("wb") as target:
        writer = IncrementalPdfFileWriter(source, strict=False)
        form = writer.root["/AcroForm"]
        field = next(field for field in (ref.get_object() for ref in form["/Fields"]) if field.get("/T") == "Remark")
        appearance = pdf.StreamObject(
            {
                pdf.pdf_name("/Type"): pdf.pdf_name("/XObject"), pdf.pdf_name("/Subtype"): pdf.pdf_name("/Form"),
                pdf.pdf_name("/BBox"): pdf.ArrayObject(map(pdf.NumberObject, (0, 0, 200, 20))),
                pdf.pdf_name("/Resources"): form["/DR"],
            },
            stream_data=f"/Tx BMC BT /Helv 10 Tf 2 6 Td ({text}) Tj ET EMC".encode(),
        )
        field[pdf.pdf_name("/V")] = pdf.pdf_string(text)
        field[pdf.pdf_name("/AP")] = pdf.DictionaryObject({pdf.pdf_name("/N"): writer.add_object(appearance)})
        writer.update_container(field)
        writer.write(target)
