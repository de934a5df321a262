"""Signatures by pyHanko."""

from testbed import LETTER


def sign(testbed, out, document=None, key="RSA-2048", level="B-B", **options):
    """`options`: subfilter, digest, pss, visible, permissions (a certification signature), field."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.timestamps import HTTPTimeStamper
    from pyhanko.stamp import TextStampStyle

    person, field, permissions = testbed.person(key), options.get("field", "Signature"), options.get("permissions")
    signer = SimpleSigner.load(
        str(person / "key.pem"), str(person / "certificate.pem"),
        ca_chain_files=(str(testbed.authority("hpki-signature-ca")),), prefer_pss=options.get("pss", False),
    )
    certification = {"certify": True, "docmdp_permissions": MDPPerm[permissions]} if permissions else {}
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm=options.get("digest", "sha256"),
        subfilter=SigSeedSubFilter[options.get("subfilter", "PADES")], **certification,
    )
    visible = options.get("visible", False)
    pdf_signer = PdfSigner(
        metadata, signer,
        timestamper=HTTPTimeStamper(testbed.tsa_url) if level == "B-T" else None,
        stamp_style=TextStampStyle(stamp_text="Signed by %(signer)s") if visible else None,
        new_field_spec=SigFieldSpec(field, on_page=0, box=(60, 60, 300, 120)) if visible else None,
    )
    with (document or testbed.document(LETTER)).open("rb") as source, out.open("wb") as target:
        pdf_signer.sign_pdf(IncrementalPdfFileWriter(source), output=target)


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
