"""Evidence records that hsign writes, judged by EU DSS and Bouncy Castle; and those of Bouncy Castle, judged by hsign."""

import json
import os
import subprocess
import urllib.request

import dss
from forms_by_them import said
from tamper import entry
from testbed import HSIGN

#: The command that writes them, beside the others.
EVIDENCE_RECORD = os.environ["EVIDENCE_RECORD"]
OBJECTS = 5


def judged_by_them(rows, testbed, peers):
    dss_peer = peers.dss
    folder = testbed.work / "records"
    folder.mkdir()
    files = [folder / f"object-{number}.txt" for number in range(OBJECTS)]
    for file in files:
        file.write_text(f"{file.name}: アムロジピン 5 mg\n")
    steps = {
        "initial, one object": (files[:1], [("initial", "sha256")]),
        "initial": (files, [("initial", "sha256")]),
        "initial, SHA-512": (files, [("initial", "sha512")]),
        "time stamp renewed": (files, [("initial", "sha256"), ("timestamp", "sha256")]),
        "time stamp renewed twice": (files, [("initial", "sha256"), ("timestamp", "sha256"), ("timestamp", "sha256")]),
        "tree renewed": (files, [("initial", "sha256"), ("tree", "sha512")]),
        "tree renewed, then the time stamp": (files, [("initial", "sha256"), ("tree", "sha512"), ("timestamp", "sha512")]),
        "tree renewed twice": (files, [("initial", "sha256"), ("tree", "sha384"), ("tree", "sha512")]),
    }
    for number, (what, (objects, kinds)) in enumerate(steps.items()):
        place = folder / str(number)
        place.mkdir()
        try:
            for kind, algorithm in kinds:
                written(testbed, kind, algorithm, place, objects)
        except RuntimeError as error:
            rows.add("our records", "hsign", f"evidence record, {what}", "–", "failed", error)
            continue
        pairs = [(place / f"{file.name}.ers", file) for file in objects]
        judge_all(rows, testbed, dss_peer, what, pairs, len(kinds))
        record = pairs[0][0]
        other = place / "other.txt"
        other.write_bytes(objects[0].read_bytes().replace(b" 5 mg", b" 9 mg"))
        refused(rows, testbed, dss_peer, f"{what}, object changed", record, other)


def judged_by_us(rows, testbed, peers):
    """The same by Bouncy Castle, whose renewals are of one record at a time."""
    peer = peers.dss
    if not peer:
        return
    folder = testbed.work / "records-of-bouncy-castle"
    folder.mkdir()
    files = [folder / f"object-{number}.txt" for number in range(OBJECTS)]
    for file in files:
        file.write_text(f"{file.name}: アムロジピン 5 mg\n")
    changed = folder / "changed.txt"
    changed.write_bytes(files[0].read_bytes().replace(b" 5 mg", b" 9 mg"))
    for what, kinds in (
        ("initial", [("initial", "SHA-256")]),
        ("time stamp renewed", [("initial", "SHA-256"), ("timestamp", "SHA-256")]),
        ("tree renewed", [("initial", "SHA-256"), ("tree", "SHA-512")]),
        ("tree renewed, then the time stamp", [("initial", "SHA-256"), ("tree", "SHA-512"), ("timestamp", "SHA-512")]),
    ):
        out = folder / f"{len(rows.rows)}.ers"

        def made():
            for kind, digest in kinds:
                peer.ask("make-records", **{"in": "|".join(map(str, files))}, out=out, kind=kind, digest=digest,
                         tsa=testbed.tsa_url)
            return said([ourselves(testbed, out, files[0])])

        expected = [f"TOTAL-PASSED, {len(kinds)} time stamps"]
        rows.check("their records", "Bouncy Castle", f"evidence record, {what}", "hsign", made, expected)
        expected = [f"TOTAL-FAILED HASH_FAILURE, {len(kinds)} time stamps"]
        rows.check(
            "their changed", "Bouncy Castle", f"evidence record, {what}, object changed", "hsign",
            lambda: said([ourselves(testbed, out, changed)]), expected,
        )


def in_containers(rows, testbed, peers):
    """Containers by EU DSS around a file with a record by Bouncy Castle."""
    if not peers.dss:
        return
    folder = testbed.work / "records-in-containers"
    folder.mkdir()
    file, record = folder / "object.txt", folder / "object.ers"
    file.write_text("アムロジピン 5 mg\n", encoding="utf-8")
    peers.dss.ask("make-records", **{"in": file}, out=record, kind="initial", digest="SHA-256", tsa=testbed.tsa_url)
    for container in ("ASiC_E", "ASiC_S"):
        made = folder / f"made.{container.replace('_', '').lower()}"
        changed = folder / f"changed-{made.name}"
        peers.dss.ask("contain", **{"in": file}, out=made, record=record, container=container)
        changed.write_bytes(entry(file.name, lambda data: data.replace(b" 5 mg", b" 9 mg"))(made.read_bytes()))
        for note, path, expected, intact in (
            ("", made, "TOTAL-PASSED", True), (", file changed", changed, "TOTAL-FAILED HASH_FAILURE", False),
        ):
            what = f"{container.replace('_', '-')} with an evidence record{note}"
            rows.check("their records", "EU DSS", what, "hsign", lambda: said(of_hsign_in(testbed, path)), [expected, f"file intact: {intact}"])
            rows.check("their records", "EU DSS", what, "EU DSS", lambda: in_dss(peers.dss, path), intact)


def of_hsign_in(testbed, container, **ground):
    """Each record, and what it says of each file."""
    document = testbed.hsign_verify(container, **ground)[0]
    records = [" ".join(filter(None, (each["indication"], each["sub_indication"]))) for each in document["evidence_records"]]
    return records + [f"file intact: {by['intact']}" for file in document["files"] for by in file["covered_by"]]


def in_dss(peer, container, **options):
    found = peer.ask("verify", file=container, **options)["records"]
    return bool(found) and all(map(dss.passes, found)), "; ".join(map(dss.verdict, found))


def judge_all(rows, testbed, peer, what, pairs, stamps):
    """The record of each object: whether its digest is less than that of the earlier chains is a matter of chance."""

    def check(judge, ask, expected):
        rows.check("our records", "hsign", f"evidence record, {what}", judge, ask, expected)

    def all_of(ask):
        return said(sorted({answer for record, file in pairs for answer in ask(record, file)}))

    check("hsign", lambda: all_of(lambda *pair: [ourselves(testbed, *pair)]), [f"TOTAL-PASSED, {stamps} time stamps"])
    if peer:
        check("EU DSS", lambda: all_of(lambda *pair: of_dss(peer, *pair)), [f"PASSED, {stamps} time stamps"])
        complaints = lambda record, file: peer.ask("records", file=record, content=file)["complaints"]
        check("Bouncy Castle", lambda: all_of(complaints), [])


def refused(rows, testbed, peer, what, record, file):
    def check(judge, ask):
        rows.check("our changed", "hsign", f"evidence record, {what}", judge, ask, False)

    check("hsign", lambda: (ourselves(testbed, record, file).startswith("TOTAL-PASSED"), ourselves(testbed, record, file)))
    if peer:
        check("EU DSS", lambda: (of_dss(peer, record, file)[0].startswith("PASSED"), of_dss(peer, record, file)[0]))
        complaints = lambda: peer.ask("records", file=record, content=file)["complaints"]
        check("Bouncy Castle", lambda: (not complaints(), "; ".join(complaints())))


def ourselves(testbed, record, file, **ground):
    answer = answered(testbed, record, file, **ground)
    stamps = len(answer["archive_timestamps"])
    words = (answer["indication"], answer["sub_indication"])
    return f"{' '.join(word for word in words if word)}, {stamps} time stamps"


def answered(testbed, record, file, **ground):
    """What hsign says of a record, with nothing where it can't be read."""
    result = testbed.run(
        HSIGN, "evidence", "verify", "--record", record, file, "--output", "json", "--lang", "en", *testbed.ground(**ground)
    )
    try:
        return json.loads(result.stdout)
    except ValueError:
        return {}


def of_dss(peer, record, file, **options):
    lines = []
    for found in peer.ask("verify", file=record, content=file, **options)["records"]:
        stamps = found["timestamps"]
        failed = [f", time stamp {dss.verdict(stamp)}" for stamp in stamps if not dss.passes(stamp)]
        lines.append(f"{dss.verdict(found)}, {len(stamps)} time stamps{''.join(failed)}")
    return lines


def written(testbed, kind, algorithm, folder, objects):
    """The records of the objects come into the folder, or are renewed there, with one more token for all of them."""
    process = subprocess.Popen(
        [EVIDENCE_RECORD, kind, algorithm, folder, *objects], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )
    root = process.stdout.readline().strip()
    told = process.communicate(f"{token(testbed, algorithm, root, folder)}\n" if root else "\n")[1]
    if process.returncode:
        raise RuntimeError(f"evidence-record: {told.strip().splitlines()[-1]}")


def token(testbed, algorithm, digest, folder):
    """A token over the digest by the authority of the testbed, through OpenSSL's query."""
    query, answer, out = (folder / name for name in ("query.tsq", "answer.tsr", "token.tst"))
    testbed.checked("openssl", "ts", "-query", "-digest", digest, f"-{algorithm}", "-cert", "-out", query)
    request = urllib.request.Request(
        testbed.tsa_url, data=query.read_bytes(), headers={"Content-Type": "application/timestamp-query"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer.write_bytes(response.read())
    testbed.checked("openssl", "ts", "-reply", "-in", answer, "-token_out", "-out", out)
    return out
