"""Signed letters to which a later revision does something: tricks without public samples, and what honest programs do.

hsign's answer has to be the one that the test kit names. pyHanko is asked the same; where it differs, the change has its
line in explained-differences.toml. EU DSS by its default policy passes nearly all of them with a warning, and warns of the
honest ones as well, so that its word would say nothing.
"""

import pyhanko_maker
from testbed import HSIGN_TESTKIT

#: What hsign says of the changes -> whether the signature may still be relied on.
RELIABLE = {"none": True, "permitted": True}


def judged_by_us(rows, testbed, peers):
    for maker, sign in makers(testbed, peers):
        # The field that certifies by its lock is known to pyHanko.
        for level in (None, 1, 2, 3) if maker == "pyHanko" else (None,):
            letter, signed, folder = (testbed.work / f"{name}-{maker[:2]}-{level}" for name in ("letter", "letter-signed", "letters"))
            folder.mkdir()
            testbed.checked(HSIGN_TESTKIT, "letter", letter, *([level] if level else []))
            try:
                sign(letter, signed, level)
            except Exception as error:  # its answer, whatever it is
                rows.add("their later", maker, f"letter, certified {level}", "hsign", "failed", error)
                continue
            listed = testbed.checked(HSIGN_TESTKIT, "later-changes", signed, folder, *([level] if level else []))
            cases = [line.split("\t") for line in listed.stdout.decode().splitlines()]
            for file, name, verdict in cases:
                one(rows, testbed, peers, maker, f"{name} (P = {level})" if level else name, folder / file, verdict)


def makers(testbed, peers):
    permissions = {1: "NO_CHANGES", 2: "FILL_FORMS", 3: "ANNOTATE"}
    if peers.pyhanko:
        yield "pyHanko", lambda letter, out, level: pyhanko_maker.sign(
            testbed, out, document=letter, level="B-T", field="Doctor", permissions=permissions.get(level),
        )
    if peers.dss:
        yield "EU DSS", lambda letter, out, level: peers.dss.sign(letter, out, "PAdES-BASELINE-T")


def answered(judge, path):
    try:
        return judge.keeps(path)
    except Exception as error:  # what it can't read it doesn't rely on
        return False, f"unreadable ({type(error).__name__})"


def one(rows, testbed, peers, maker, what, path, verdict):
    found = testbed.hsign_verify(path)[0]["signatures"]
    changes = found[0]["modifications"] if found else None
    ours = (changes or {}).get("verdict", "no answer")
    kinds = sorted({change["kind"] for change in (changes or {}).get("changes", ())})
    said = f"{ours}: {', '.join(kinds)}" if kinds else ours
    # What can't be compared is suspicious.
    rows.check("their later", maker, what, "hsign", lambda: (ours, said), verdict.replace("unreadable", "suspicious"))
    if peers.pyhanko:
        rows.check("their later", maker, what, "pyHanko", lambda: answered(peers.pyhanko, path), RELIABLE.get(ours, False),
                   shown=True)
