"""XML (W5): XAdES in process beside the peers and beside libxml2's parsing and canonicalisation alone; then whole
processes beside xmlsec1. Each peer judges a file of its own, with the same data: that of xmlsec1 is XMLDSig with the
enveloped-signature transform, without XAdES and revocation; ours leaves signatures out by XPath, as CDA and others do."""

import processes
import programs
from bench import OURS, ROUNDS, SLOW, SLOWEST, XML
from sizes import scaled

MEGABYTES = scaled(10)
SIZES = (("100 KB", 100_000, ROUNDS, SLOW), (f"{MEGABYTES} MB", MEGABYTES << 20, SLOWEST, SLOW))

TEMPLATE = """\
<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>\
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>\
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>\
<ds:Reference URI=""><ds:Transforms>\
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>\
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>\
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>\
</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"""

PARSE = "libxml2's parsing and C14N alone"


def rows(bench):
    for name, size, in_process_rounds, process_rounds in SIZES:
        document = clinical_document(size)
        plain = bench.work / "plain.xml"
        plain.write_text(document + "</ClinicalDocument>", encoding="utf-8")
        in_process(bench, plain, name, in_process_rounds)
        if programs.installed("xmlsec1"):
            template = bench.work / "template.xml"
            template.write_text(document + TEMPLATE + "</ClinicalDocument>", encoding="utf-8")
            beside_xmlsec1(bench, plain, template, name, process_rounds)


def in_process(bench, plain, name, rounds):
    made = bench.work / "{peer}.xml"
    ours = bench.ask(OURS, "sign-as", "xades-enveloped", "B-B", made, plain)
    ours["hsign"]()
    limit = lambda *words: {"limit": bench.ask(OURS, *words)["hsign"]}
    parse = {PARSE: ask for ask in bench.ask(("signxml",), "parse", plain).values()}
    said = lambda found: f"{found['hsign'].last['work']} bytes, {found['hsign'].last['indication']}"
    bench.compare(
        f"sign XAdES B-B, {name}", rounds,
        ours | limit("file-sign-limit", made.with_name("hsign.xml"), 0) | parse
        | bench.ask(XML, "sign-as", "xades-enveloped", "B-B", made, plain), said,
    )
    bench.compare(
        f"verify XAdES B-B, {name}", rounds,
        bench.ask(OURS, "file-verify", made) | limit("file-verify-limit", made.with_name("hsign.xml")) | parse
        | bench.ask(XML, "file-verify", made), said,
    )


def beside_xmlsec1(bench, plain, template, name, rounds):
    testbed, folder = bench.testbed, bench.testbed.folder
    ours, theirs = bench.work / "ours.xml", bench.work / "theirs.xml"
    key = f"{folder / 'people' / 'doctor' / 'key.pem'},{folder / 'people' / 'doctor' / 'certificate.pem'}"
    sign = (
        programs.signing(testbed, "B-B", plain, ours),
        ["xmlsec1", "--sign", "--privkey-pem", key, "--output", theirs, template],
    )
    verify = (
        programs.verifying(testbed, ours),
        [
            "xmlsec1", "--verify", "--trusted-pem", folder / "ca" / "hpki-root.pem",
            "--untrusted-pem", folder / "ca" / "hpki-signature-ca.pem", theirs,
        ],
    )
    for what, (our, their) in (("sign XAdES B-B", sign), ("verify XAdES B-B", verify)):
        operations = {"hsign": lambda: programs.run(our), "xmlsec1": lambda: programs.run(their)}
        peaks = processes.beside(our, "xmlsec1", their)
        bench.compare(f"{what}, {name}, whole process", rounds, operations, lambda found: peaks)


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
