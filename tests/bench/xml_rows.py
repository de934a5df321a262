"""A large XML document, whole processes beside xmlsec1. Its own file for xmlsec1, with the same data: XMLDSig with the
enveloped-signature transform, no XAdES, no revocation; our XAdES leaves signatures out by XPath, as CDA and others do."""

import os
import shutil
import sys

import processes
import programs
from measured import in_turn
from sizes import scaled

MEGABYTES = scaled(10)

TEMPLATE = """\
<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>\
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>\
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>\
<ds:Reference URI=""><ds:Transforms>\
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>\
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>\
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>\
</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"""


def large_xml(table, testbed, work, rounds):
    if not shutil.which("xmlsec1"):
        if os.environ.get("REQUIRE_ALL") == "1":
            raise RuntimeError("xmlsec1 is not installed")
        print("xmlsec1 is not installed: its rows are skipped", file=sys.stderr)
        return
    plain, template, ours, theirs = (work / name for name in ("plain.xml", "template.xml", "ours.xml", "theirs.xml"))
    document = clinical_document(MEGABYTES << 20)
    plain.write_text(document + "</ClinicalDocument>", encoding="utf-8")
    template.write_text(document + TEMPLATE + "</ClinicalDocument>", encoding="utf-8")
    folder = testbed.folder
    key = f"{folder / 'people' / 'doctor' / 'key.pem'},{folder / 'people' / 'doctor' / 'certificate.pem'}"
    sign = (
        programs.signing(testbed, "B-B", plain, ours),
        ["xmlsec1", "--sign", "--privkey-pem", key, "--output", theirs, template],
    )
    verify = (
        [programs.HSIGN, "verify", ours, "--policy", "etsi", *programs.judging(testbed)],
        [
            "xmlsec1", "--verify", "--trusted-pem", folder / "ca" / "hpki-root.pem",
            "--untrusted-pem", folder / "ca" / "hpki-signature-ca.pem", theirs,
        ],
    )
    for what, (our, their) in (("sign XAdES B-B", sign), ("verify XAdES", verify)):
        found = in_turn(rounds, ours=lambda: programs.run(our), xmlsec1=lambda: programs.run(their))
        what, note = f"{what}, {MEGABYTES} MB, whole process", processes.beside(our, "xmlsec1", their)
        table.ratio(what, found["ours"], "xmlsec1", found["xmlsec1"], note)


def clinical_document(size):
    """Observations as in a CDA document, up to its end tag: some 60 bytes a node."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdtc="urn:hl7-org:sdtc">\n'
    )
    entry = (
        '  <entry typeCode="DRIV">\n    <observation classCode="OBS" moodCode="EVN">\n'
        '      <id root="1.2.392.200119.6.1" extension="{number}"/>\n'
        '      <code code="2A030000001930101" codeSystem="1.2.392.200119.4.504" displayName="ヘモグロビン"/>\n'
        '      <text>検査結果 &lt; 基準値 &amp; 再検査なし {number}</text>\n      <effectiveTime value="20261121"/>\n'
        '      <value xsi:type="PQ" value="13.4" unit="g/dL"/>\n    </observation>\n  </entry>\n'
    )
    count = size // len(entry.format(number=10000).encode())
    return head + "".join(entry.format(number=number) for number in range(count))
