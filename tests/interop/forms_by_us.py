"""What EU DSS, OpenSSL and xmlsec1 make in CMS, XML and containers, judged by hsign; and the same tampered with."""

import base64
import hashlib

import changed
import dss
import pyhanko_maker
from forms import CDA, FORMS, Desk, dss_files
from forms_by_them import ALONE, LEVELS, said
from testbed import SIGNERS

PASSED = "TOTAL-PASSED qualified"
#: Nothing signed says whose key it was, and hsign's policies ask for that.
PLAIN = "other valid INDETERMINATE SIG_CONSTRAINTS_FAILURE undetermined"
KEYS = list(SIGNERS)


def verdict(signature):
    words = (signature["level"], signature["integrity"], signature["indication"], signature["sub_indication"],
             signature["qualification"]["status"])
    return " ".join(word for word in words if word)


def judged_by_us(rows, testbed, peers):
    desk = Desk(testbed)
    if peers.dss:
        by_dss(rows, testbed, desk, peers)
    if peers.openssl:
        by_openssl(rows, testbed, desk)
    if peers.pyhanko:
        by_pyhanko(rows, testbed, desk)
    if peers.xmlsec:
        by_xmlsec(rows, testbed, desk)


def by_dss(rows, testbed, desk, peers):
    for number, form in enumerate(FORMS):
        made, peer = {}, peers.dss

        def check(note, make, expected):
            out = testbed.work / f"dss-{len(rows.rows)}{form.end}"

            def judge():
                make(out)
                return said(desk.verdicts(form, out, verdict))

            made[note] = out
            rows.check("their forms", "EU DSS", f"{form.name} {note}", "hsign", judge, expected)

        lasting = f"B-LTA valid {PASSED}"
        for key in KEYS:
            for level in LEVELS:
                check(f"{level}, {key}", lambda out: sign(desk, peer, form, key, level, out), [f"{level} valid {PASSED}"])
            for note, before in (("renewed", f"B-LTA, {key}"), ("renewed twice", f"B-LTA, renewed, {key}")):
                check(f"B-LTA, {note}, {key}", lambda out: extend(desk, peer, form, made[before], out), [lasting])
        key = KEYS[number % len(KEYS)]
        last = made[f"B-LTA, {key}"]
        check("B-LTA, SHA-512", lambda out: sign(desk, peer, form, key, "B-LTA", out, digest="SHA512"), [lasting])
        check("hsign's B-T, extended by EU DSS", lambda out: by_hsign_first(desk, peer, form, "B-T", out), [lasting])
        check("hsign's B-LTA, renewed by EU DSS", lambda out: by_hsign_first(desk, peer, form, "B-LTA", out), [lasting])
        check("B-LTA, extended by hsign", lambda out: desk.extend(form, last, out), [lasting])
        both = made["B-LTA, extended by hsign"]
        rows.check("our forms", "hsign", f"{form.name} by EU DSS, extended", "EU DSS",
                   lambda: said(peer.verdicts(both, content=dss_files(desk.content(form)), alone="yes", anchors=dss.ANCHORS)),
                   [f"{form.signature}-BASELINE-LTA TOTAL_PASSED"])
        # DSS envelops a signature with the first one in it, or takes one beside it for its content.
        if form.name not in ALONE:
            check("parallel signatures, B-LTA", lambda out: parallel(desk, peer, form, last, out), [lasting] * 2)
        check("a countersignature", lambda out: countersigned(desk, peer, form, made[f"B-B, {key}"], out),
              [f"B-B valid {PASSED}"] * 2)
        changed.of_forms(rows, testbed, peers, desk, form, "EU DSS", last)


def options(form):
    """What DSS is told of the form."""
    return {"container": form.container, "packaging": form.packaging}


def dss_level(form, level):
    return f"{form.signature}-BASELINE-{level[2:]}"


def sign(desk, peer, form, key, level, out, **more):
    files, how = desk.files(form), options(form)
    if form.packaging == "MANIFEST":
        # DSS signs the manifest that it is given.
        manifest = out.with_suffix(".manifest.xml")
        manifest.write_text(manifest_over(files))
        how = {"packaging": "ENVELOPING", "manifest": "yes", "content": dss_files(files)}
        files = [manifest]
    peer.sign(dss_files(files), out, dss_level(form, level), SIGNERS[key], **how, **more)


def manifest_over(files):
    """A ds:Manifest over files beside it."""
    references = "".join(
        f'<ds:Reference URI="{file.name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()}</ds:DigestValue></ds:Reference>"
        for file in files
    )
    return f'<ds:Manifest xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="manifest">{references}</ds:Manifest>'


def extend(desk, peer, form, before, out):
    peer.ask("extend", **{"in": before}, out=out, level=dss_level(form, "B-LTA"), tsa=peer.testbed.tsa_url,
             container=form.container, content=dss_files(desk.content(form)))


def by_hsign_first(desk, peer, form, level, out):
    before = out.with_name(f"before-{out.name}")
    desk.sign(form, "P-384", level, before)
    extend(desk, peer, form, before, out)


def parallel(desk, peer, form, before, out):
    peer.sign(before, out, dss_level(form, "B-LTA"), SIGNERS["RSA-3072"], content=dss_files(desk.content(form)),
              **options(form))


def countersigned(desk, peer, form, before, out):
    peer.ask("countersign", **{"in": before}, out=out, level=dss_level(form, "B-B"), person=SIGNERS["P-256"],
             tsa=peer.testbed.tsa_url, container=form.container, content=dss_files(desk.content(form)))


def by_openssl(rows, testbed, desk):
    content = desk.folder / "bundle.json"

    def person(key):
        folder = testbed.person(key)
        return ("-signer", folder / "certificate.pem", "-inkey", folder / "key.pem", "-certfile", testbed.authority("hpki-signature-ca"))

    cades = f"B-B valid {PASSED}"
    for what, options, expected in (
        *((f"-cades, {packaging}, {key}", (*person(key), "-cades", *how), [cades])
          for packaging, how in (
              ("detached", ()), ("enveloping", ("-nodetach",)), ("enveloping, BER stream", ("-nodetach", "-stream")),
          ) for key in KEYS),
        ("-cades, SHA-512", (*person("RSA-3072"), "-cades", "-md", "sha512"), [cades]),
        ("-cades, key identifier", (*person("RSA-2048"), "-cades", "-keyid"), [cades]),
        ("-cades, two signers", (*person("RSA-2048"), *person("P-384"), "-cades"), [cades] * 2),
        ("-cades, RSASSA-PSS", (*person("RSA-2048"), "-keyopt", "rsa_padding_mode:pss", "-cades"), [cades]),
        ("plain", person("RSA-2048"), [PLAIN]),
        ("plain, key identifier, BER stream, enveloping", (*person("P-256"), "-keyid", "-nodetach", "-stream"), [PLAIN]),
        ("plain, no signed attributes", (*person("RSA-2048"), "-noattr"), [PLAIN]),
    ):
        out = testbed.work / f"openssl-{len(rows.rows)}.p7s"

        def judge():
            testbed.checked("openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", content, "-out", out, *options)
            given = () if "-nodetach" in options else ("--content", content)
            return said([verdict(each) for each in testbed.hsign_verify(out, *given)[0]["signatures"]])

        rows.check("their forms", "OpenSSL", f"CMS {what}", "hsign", judge, expected)
    signed_again(rows, testbed, content, person, [cades] * 2)


def signed_again(rows, testbed, content, person, expected):
    """A further signature in a CMS that hsign or OpenSSL made; hsign's own keeps what it had."""
    for maker in ("OpenSSL", "hsign"):
        for packaging, how in (("detached", ()), ("enveloping", ("-nodetach",))):
            before, out = (testbed.work / f"resign-{len(rows.rows)}-{name}.p7s" for name in ("before", "after"))

            def judge():
                if maker == "hsign":
                    testbed.hsign_sign("P-256", "B-B", content, before, options=("--format", "cades", "--packaging", packaging))
                else:
                    testbed.checked("openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", content, "-out", before,
                                    *person("P-256"), "-cades", *how)
                beside = () if how else ("-content", content)
                testbed.checked("openssl", "cms", "-resign", "-binary", "-inform", "DER", "-outform", "DER", "-in", before, *beside,
                                "-out", out, *person("RSA-3072"), "-cades", *how)
                given = () if how else ("--content", content)
                return said([verdict(each) for each in testbed.hsign_verify(out, *given)[0]["signatures"]])

            rows.check("their forms", "OpenSSL", f"CMS signed again, {packaging}, after {maker}", "hsign", judge, expected)


def by_pyhanko(rows, testbed, desk):
    # asn1crypto takes the first octet of JSON for a tag now and then, and can't write the CMS.
    content = desk.folder / "cda.xml"
    for key in KEYS:
        for level in ("B-B", "B-T"):
            for packaging, given in (("detached", ("--content", content)), ("enveloping", ())):
                out = testbed.work / f"pyhanko-{len(rows.rows)}.p7s"

                def judge():
                    pyhanko_maker.sign_cms(testbed, content, out, key, level, packaging == "detached")
                    return said([verdict(each) for each in testbed.hsign_verify(out, *given)[0]["signatures"]])

                rows.check("their forms", "pyHanko", f"CAdES {packaging} {level}, {key}", "hsign", judge, [f"{level} valid {PASSED}"])


TEMPLATE = """<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="{c14n}"/><SignatureMethod Algorithm="{method}"/>
<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>{transform}</Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
<SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature>"""
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
METHODS = {
    "RSA-2048": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "RSA-3072": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "P-256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "P-384": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
}


def by_xmlsec(rows, testbed, desk):
    """Plain XML signatures, without a time or a protected certificate."""
    forms = (
        ("C14N 1.0", INCLUSIVE), ("C14N 1.0 with comments", f"{INCLUSIVE}#WithComments"), ("C14N 1.1", "http://www.w3.org/2006/12/xml-c14n11"),
        ("exclusive C14N", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    )
    for place, (what, c14n) in enumerate(forms):
        for key in (KEYS[place], KEYS[(place + 1) % 4]):
            out = testbed.work / f"xmlsec-{len(rows.rows)}.xml"

            def make():
                template = out.with_suffix(".template.xml")
                signature = TEMPLATE.format(c14n=c14n, method=METHODS[key], transform=f'<Transform Algorithm="{c14n}"/>')
                commented = CDA.replace("<title>", "<!-- here --><title a='1'   b = '2'>")
                template.write_bytes(commented.replace("</ClinicalDocument>", f"{signature}</ClinicalDocument>").encode())
                person = testbed.person(key)
                testbed.checked(
                    "xmlsec1", "--sign", "--privkey-pem", f"{person / 'key.pem'},{person / 'certificate.pem'}",
                    "--output", out, template,
                )

            def judge(path):
                return said([verdict(each) for each in testbed.hsign_verify(path)[0]["signatures"]])

            def made():
                make()
                return judge(out)

            rows.check("their forms", "xmlsec1", f"XMLDSig {what}, {key}", "hsign", made, [PLAIN])
            changed = out.with_suffix(".changed.xml")

            def with_change():
                changed.write_bytes(out.read_bytes().replace(b" 5 mg", b" 9 mg"))
                found = judge(changed)[1]
                return "invalid TOTAL-FAILED HASH_FAILURE" in found, found

            rows.check("their changed", "xmlsec1", f"XMLDSig {what}, {key}: content changed", "hsign", with_change, True)
