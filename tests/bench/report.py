"""docs/reference/performance.md, made from the run that is kept beside it. `python report.py` makes it again."""

import json
import pathlib

from measured import cells

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "reference"
KEPT, PAGE = DOCS / "performance.json", DOCS / "performance.md"

INTRODUCTION = """\
# Performance

Made by `make bench` from the run in [performance.json](performance.json). Times are milliseconds: median on the wall
(least–most; median of processor time). Rows were measured in turn in one run; compare ratios, not times, between
machines. A ratio is that of the medians on the wall, then of the least on the wall and of the least processor time: below
1 hsign is faster, above 1 it is slower.

The limit is what nobody can do without, measured in the same turns: to sign, one signature with the key, two
SHA-256 passes over the result (one to sign, one for the self-check), each signature verification of the
self-check once (signer, stamps, their paths and revocation lists), and the round trips to the local time-stamp
authority that were made; to verify, one pass and the verifications. Where signing ends with a file, putting it in
place with the same fsyncs belongs to the limit. For large files it is the passes and, where one is made, such a copy.

Peers do less or other than hsign in part: pyHanko and OpenSSL sign without checking signer or result; nobody but hsign
makes what it writes durable; signxml verifies with the signer's certificate pinned; rfc3161-client and `openssl` look
at no revocation; pdfsig at nothing but the digest. pyHanko and EU DSS get the same revocation lists as hsign, or for
B-LTA those in the document; EU DSS trusts the signing authority. Kept warm are hsign, pyHanko, signxml, rfc3161-client
and one Java machine for EU DSS, which has repeated each small operation before its first turn; its processor time has
that of compiling and collecting garbage in it.

A certification path is signer, CA and root: two signature verifications; 2.5 times their time is 40 % of their rate,
1.67 times is 60 %. The engine gets facts and parsed evidence: of signatures with a stamp each (B-T), or sealed, renewed
after three and six years and judged after eight, when the signers' certificates and all data inside have ended (B-LTA
renewed twice). The verifications alone are those that it asked for, each once.

CMS with content inside and containers are hashed twice, once for what was signed and once as the file they are, by two
threads. Signing hashes what is beside it twice, too. The documents of one run share the checks of authorities'
signatures; other rows share nothing between their turns."""


def page(kept):
    lines = [INTRODUCTION, "", f"{kept['date']}. {kept['machine']}. {kept['versions']}. {kept['minutes']:.0f} minutes in all."]
    for section in kept["sections"]:
        lines += ["", f"## {section['title']}", "", *table(section["rows"])]
    if kept["memory"]:
        lines += ["", "## Memory", "", *memory(kept["memory"])]
    return "\n".join(lines) + "\n"


def table(rows):
    yield "| what | hsign | beside | its figure | hsign / beside | runs | |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        yield f"| {' | '.join(cells(row))} |"


def memory(rows):
    yield "Peak memory in MiB of a new process that signs one file and verifies it; a PDF is allowed 64 MiB and 64 bytes per"
    yield "object, and the Java machine a heap of 4 GiB. What a peer could not do has no figure."
    yield ""
    names = list(dict.fromkeys(name for row in rows for name in row["peaks"]))
    yield f"| file | objects | allowed | {' | '.join(names)} |"
    yield "|---" * (3 + len(names)) + "|"
    for row in rows:
        yield f"| {' | '.join([row['file'], row['objects'], row['allowed'], *(row['peaks'].get(name, '') for name in names)])} |"


def write(kept):
    KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept), encoding="utf-8")


def check():
    """Nobody wrote into the page."""
    if not KEPT.exists():
        print("no run is kept yet")
    elif PAGE.read_text(encoding="utf-8") != page(json.loads(KEPT.read_text(encoding="utf-8"))):
        raise SystemExit(f"{PAGE} is not what {KEPT} says; python {__file__} makes it again")


if __name__ == "__main__":
    write(json.loads(KEPT.read_text(encoding="utf-8")))
