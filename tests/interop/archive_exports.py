"""The proofs that hsign's archive hands out, in other people's software: containers with evidence records, and records alone."""

import os
import zipfile

import dss
from forms import FORMS, Desk
from records import in_dss, of_dss, of_hsign_in, ourselves
from tamper import entry
from testbed import HSIGN, LETTER

ARCHIVE_OF_YEARS = os.environ["ARCHIVE_OF_YEARS"]
#: What was renewed in the years of an archive.
STORIES = ("stamp-renewed", "tree-renewed")


def judged_by_them(rows, testbed, peers):
    folder = testbed.work / "archive"
    folder.mkdir()
    documents = {"a PDF file": folder / "letter.pdf", "an XML document": folder / "cda.xml"}
    testbed.hsign_sign("RSA-2048", "B-LTA", testbed.document(LETTER), documents["a PDF file"])
    xml = next(form for form in FORMS if form.name == "XAdES enveloped")
    Desk(testbed).sign(xml, "P-384", "B-LTA", documents["an XML document"])
    try:
        kept(testbed, folder, documents.values())
    except RuntimeError as error:
        rows.add("our records", "hsign", "an archive", "–", "failed", error)
        return
    for what, document in documents.items():
        for end, options in ((".asice", ()), (".zip", ("--without-document",))):
            archive(testbed, folder, "export", document.stem, "-o", document.with_suffix(end), *options)
        judged(rows, testbed, peers, f"archive's proof of {what}", document, {}, dss.ANCHORS)


def after_years(rows, testbed, peers):
    """Archives whose first authority's certificate has ended, and then their first hash function: our policy says so."""
    folder = testbed.work / "years"
    testbed.checked(ARCHIVE_OF_YEARS, folder)
    for story in STORIES:
        place = folder / story
        ours = {"trust": place / "trust.toml", "policy": place / "policy.toml"}
        anchors = ",".join(str(place / name) for name in ("hpki-ca", "hpki-root", "root-0", "root-1"))
        for document, what in ((place / "chart.txt", "a file"), (place / "letter.pdf", "a signed PDF file")):
            what = f"archive's proof of {what} after twelve years, {story.replace('-', ' ')}"
            judged(rows, testbed, peers, what, document, ours, anchors)
        signature(rows, testbed, peers, f"B-LT signature after twelve years, {story.replace('-', ' ')}", place, ours, anchors)


def signature(rows, testbed, peers, what, place, ours, anchors):
    """Signer and authority have ended: the archive's record carries the signature on, and nothing else does."""
    document, record = place / "letter.pdf", place / "letter-proof" / "evidence-record-a.ers"
    for note, of_ours, of_theirs, good in (
        (", with the archive's record", ("--evidence", record), {"record": record}, True),
        (", without it", (), {}, False),
    ):

        def check(judge, ask):
            rows.check("our records", "hsign", f"{what}{note}", judge, ask, good)

        check("hsign", lambda: passed(testbed.hsign_verify(document, *of_ours, **ours)[0]["signatures"]))
        if peers.dss:
            theirs = {"alone": "yes", "anchors": anchors, **of_theirs}
            check("EU DSS", lambda: passed(peers.dss.ask("verify", file=document, **theirs)["signatures"]))


def passed(signatures):
    """The one signature; what doesn't pass has to stay open, since nothing is broken."""
    [found] = signatures
    words = [found["indication"].replace("_", "-"), found["sub_indication"]]
    assert words[0] in ("TOTAL-PASSED", "INDETERMINATE"), words
    return words[0] == "TOTAL-PASSED", " ".join(filter(None, words))


def judged(rows, testbed, peers, what, document, ours, anchors):
    """The container and the records alone that stand beside the document."""
    # With nothing but the anchors: the records bring what their time stamps rest on.
    theirs = {"alone": "yes", "anchors": anchors}
    with_document(rows, testbed, peers, what, document.with_suffix(".asice"), ours, theirs)
    without_document(rows, testbed, peers, f"{what}, without it", document, ours, theirs)


def archive(testbed, folder, command, *arguments):
    return testbed.checked(
        HSIGN, "archive", command, "--archive", folder / "home", "--policy", "etsi", "--trust", testbed.pki / "trust.toml",
        "--evidence", testbed.pki / "crl", *arguments,
    )


def kept(testbed, folder, documents):
    """Two lines of evidence by two authorities, two stores."""
    tsa = ("--tsa", testbed.tsa_url, "--tsa", f"{testbed.tsa_url}/second")
    stores = ("--store", folder / "one", "--store", folder / "two")
    testbed.checked(HSIGN, "archive", "init", folder / "home", *tsa, *stores)
    for document in documents:
        archive(testbed, folder, "add", document, "--key", document.stem, "--class", "chart", "--retention-start", "open")
    archive(testbed, folder, "renew", "--close-all")


def with_document(rows, testbed, peers, what, out, ours, theirs):
    changed = out.with_name(f"changed-{out.name}")
    name = next(name for name in zipfile.ZipFile(out).namelist() if name != "mimetype" and not name.startswith("META-INF/"))
    other = lambda data: data.replace(b" 5 mg", b" 9 mg")
    changed.write_bytes(entry(name, other)(out.read_bytes()))
    assert zipfile.ZipFile(changed).read(name) != zipfile.ZipFile(out).read(name)
    for note, path, good in (("", out, True), (", document changed", changed, False)):

        def check(judge, ask):
            rows.check("our records", "hsign", f"{what}{note}", judge, ask, good)

        check("hsign", lambda: accepted(of_hsign_in(testbed, path, **ours)))
        if peers.dss:
            check("EU DSS", lambda: in_dss(peers.dss, path, **theirs))
            check("Bouncy Castle", lambda: by_bouncy_castle(peers.dss, out.parent, path, name))


def accepted(said):
    """All records passed, and the file is intact for each."""
    return bool(said) and set(said) == {"TOTAL-PASSED", "file intact: True"}, "; ".join(said)


def by_bouncy_castle(peer, folder, container, name):
    """Every record of the container, over the file in it."""
    records, content = [], folder / "taken-out"
    with zipfile.ZipFile(container) as files:
        content.write_bytes(files.read(name))
        for place, record in enumerate(name for name in files.namelist() if name.endswith(".ers")):
            records.append(folder / f"taken-out-{place}.ers")
            records[-1].write_bytes(files.read(record))
    complaints = [told for record in records for told in peer.ask("records", file=record, content=content)["complaints"]]
    return bool(records) and not complaints, "; ".join(complaints) or f"{len(records)} records"


def without_document(rows, testbed, peers, what, document, ours, theirs):
    place = document.with_name(f"{document.stem}-proof")
    with zipfile.ZipFile(document.with_suffix(".zip")) as files:
        files.extractall(place)
    for record in sorted(place.rglob("*.ers")):

        def check(judge, ask):
            rows.check("our records", "hsign", f"{what}: {record.name}", judge, ask, True)

        check("hsign", lambda: beginning("TOTAL-PASSED", [ourselves(testbed, record, document, **ours)]))
        if peers.dss:
            check("EU DSS", lambda: beginning("PASSED", of_dss(peers.dss, record, document, **theirs)))
            check("Bouncy Castle", lambda: nothing(peers.dss.ask("records", file=record, content=document)["complaints"]))


def beginning(word, said):
    return bool(said) and all(each.startswith(f"{word},") for each in said), "; ".join(said)


def nothing(complaints):
    return not complaints, "; ".join(complaints)
