"""The proofs that hsign's archive hands out, in other people's software: containers with evidence records, and records alone."""

import zipfile

import dss
from forms import FORMS, Desk
from records import in_dss, of_dss, of_hsign_in, ourselves
from tamper import entry
from testbed import HSIGN, LETTER


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
        with_document(rows, testbed, peers, folder, f"archive's proof of {what}", document)
        without_document(rows, testbed, peers, folder, f"archive's proof of {what}, without it", document)


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


def with_document(rows, testbed, peers, folder, what, document):
    out, changed = folder / f"{document.stem}.asice", folder / f"{document.stem}-changed.asice"
    archive(testbed, folder, "export", document.stem, "-o", out)
    name = next(name for name in zipfile.ZipFile(out).namelist() if name != "mimetype" and not name.startswith("META-INF/"))
    other = lambda data: data.replace(b" 5 mg", b" 9 mg")
    changed.write_bytes(entry(name, other)(out.read_bytes()))
    assert zipfile.ZipFile(changed).read(name) != zipfile.ZipFile(out).read(name)
    for note, path, good in (("", out, True), (", document changed", changed, False)):

        def check(judge, ask):
            rows.check("our records", "hsign", f"{what}{note}", judge, ask, good)

        check("hsign", lambda: accepted(of_hsign_in(testbed, path)))
        if peers.dss:
            # With nothing but the anchors: the records bring what their time stamps rest on.
            check("EU DSS", lambda: in_dss(peers.dss, path, alone="yes", anchors=dss.ANCHORS))
            check("Bouncy Castle", lambda: by_bouncy_castle(peers.dss, folder, path, name))


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


def without_document(rows, testbed, peers, folder, what, document):
    out, place = folder / f"{document.stem}.zip", folder / f"{document.stem}-proof"
    archive(testbed, folder, "export", document.stem, "-o", out, "--without-document")
    with zipfile.ZipFile(out) as files:
        files.extractall(place)
    for record in sorted(place.rglob("*.ers")):

        def check(judge, ask):
            rows.check("our records", "hsign", f"{what}: {record.name}", judge, ask, True)

        check("hsign", lambda: beginning("TOTAL-PASSED", [ourselves(testbed, record, document)]))
        if peers.dss:
            check("EU DSS", lambda: beginning("PASSED", of_dss(peers.dss, record, document)))
            check("Bouncy Castle", lambda: nothing(peers.dss.ask("records", file=record, content=document)["complaints"]))


def beginning(word, said):
    return bool(said) and all(each.startswith(f"{word},") for each in said), "; ".join(said)


def nothing(complaints):
    return not complaints, "; ".join(complaints)
