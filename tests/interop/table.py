"""The rows of a run, and the page they make."""

import difflib
import json
import os
import pathlib
import re
import time
import tomllib
from collections import Counter

EXPLAINED = pathlib.Path(__file__).with_name("explained-differences.toml")
PAGE = pathlib.Path("docs/reference/interop.md")
#: Section of the rows -> heading of its table, in the order of the page.
HEADINGS = {
    "our PDF": "## What hsign makes, judged by others: PDF",
    "our PDF/A": "### PDF/A stays PDF/A",
    "our later": "### At another time than today",
    "our forms": "### CMS, XML and containers",
    "our prescriptions": "### Electronic prescriptions",
    "our amendments": "### Amended documents",
    "our records": "### Evidence records and bare time stamps",
    "our changed": "### Changed after signing: nobody may accept these",
    "their PDF": "## What others make, judged by hsign: PDF",
    "their forms": "### CMS, XML and containers",
    "their records": "### Evidence records and bare time stamps",
    "their changed": "### Changed after signing",
    "their later": "### Signed PDFs that a later revision changes",
    "changed": "## The same files with one octet changed",
}
#: What has to be known to read a table.
INTRODUCTIONS = {
    "our PDF/A": "Files by PDFBox, signed by hsign, and the part of PDF/A that veraPDF finds them to conform to.",
    "our later": "Judged as of that day, without a network where the file has to bring the evidence.",
    "our forms": "Around one signature that envelops the content, and beside files that lie apart, hsign puts no second one: the first is\n"
    "refused, since it would break what envelops, the other is a document of its own.",
    "our changed": "One thing of a good file is changed. What was never signed may be taken away; a broken time stamp doesn't break a signature whose\n"
    "certificate is still good, and is told.",
    "their changed": "The same is done to what others make; hsign's answer has to be the one that the clause lets expect.",
    "their later": "The test kit's catalogue of tricks, and what honest programs do. hsign's first word is its verdict on what came later, pyHanko's word\n"
    "the most that it finds changed: it relies on a signature up to FORM_FILLING, where the signature doesn't certify less.",
    "changed": "Octets chosen by a seed are changed, most of them in the signature. \"agrees\": that program finds the same signatures intact as hsign,\n"
    "or the difference has its line below.",
}
#: Columns stand in this order.
JUDGES = (
    "hsign", "EU DSS", "pyHanko", "poppler pdfsig", "OpenSSL", "xmlsec1", "Bouncy Castle", "mutool", "qpdf",
    "pdf.js in Chromium", "veraPDF", "pdfdetach",
)


def explained(kind):
    return tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get(kind, [])


class Rows:
    def __init__(self):
        self.rows = []
        #: Explained differences that were met again.
        self.met = set()
        #: Those that were asked for and are gone.
        self.gone = set()
        self.seconds = Counter()
        self._verdicts = {
            (judge, what): row["says"]
            for row in explained("verdict") for judge in as_list(row["judge"]) for what in as_list(row["what"])
        }

    def add(self, section, made_by, what, judged_by, result, said="", cell=None):
        """`cell` is what the page says, where that isn't everything that was said."""
        said = plain(said)
        self.rows.append((section, made_by, what, judged_by, result, said, said if cell is None else plain(cell)))
        print(f"{result:8} {made_by} -> {judged_by}: {what}{': ' + said if said else ''}", flush=True)

    def check(self, section, made_by, what, judged_by, judge, expected=True, shown=False):
        """`judge()` gives (answer, what was said); it passes when the answer is `expected`, or the one explained instead.

        Of a yes or no the page has no more than that, unless what was said is to be `shown`: it must be the same each time.
        """
        asked = self.explained_for(judged_by, what)
        instead = self._verdicts.get(asked)
        begun = time.monotonic()
        try:
            answer, said = judge()
        except Exception as error:  # whatever another implementation throws is its answer
            answer, said = None, f"{type(error).__name__}: {error}"
        self.seconds[judged_by] += time.monotonic() - begun
        differs = instead is not None and answer == instead
        passed = differs or answer == expected
        if differs:
            self.met.add(asked)
        elif instead is not None and passed:
            self.gone.add(asked)
        if not passed:
            said = f"{said} (expected: {expected if instead is None else instead})"
        cell = ("accepted" if answer else "refused") if isinstance(answer, bool) and not shown else said
        self.add(section, made_by, what, judged_by, "passed" if passed else "failed", said, f"{cell} (*)" if differs else cell)

    def explained_for(self, judge, what):
        """The key of the explanation for a row: its own, or one with * in it."""
        if (judge, what) in self._verdicts:
            return judge, what
        return next(
            ((by, pattern) for by, pattern in self._verdicts
             if by == judge and "*" in pattern and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), what)),
            None,
        )

    def missing(self, whom, what="everything"):
        """Outside CI a skip."""
        result = "failed" if os.environ.get("REQUIRE_ALL") == "1" else "skipped"
        self.add("our PDF", "hsign", what, whom, result, "not installed")

    def kept(self):
        """For another process to go on with."""
        return json.dumps({
            "rows": self.rows, "met": sorted(self.met), "gone": sorted(self.gone), "seconds": self.seconds,
        })

    def take(self, kept):
        kept = json.loads(kept)
        self.rows += map(tuple, kept["rows"])
        self.met |= set(map(tuple, kept["met"]))
        self.gone |= set(map(tuple, kept["gone"]))
        self.seconds.update(kept["seconds"])

    def count(self, result):
        return sum(1 for row in self.rows if row[4] == result)

    def summary(self):
        return f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped"

    def failures(self):
        return [f"{result}: {made_by} -> {judge}: {what}: {said}"
                for _, made_by, what, judge, result, said, _ in self.rows if result != "passed"]

    def to_update(self, everything):
        """Explained differences that didn't show: `everything` if every row was asked for."""
        names = self.gone - self.met
        if everything:
            names |= set(self._verdicts) - self.met
        lines = [f"{judge} no longer differs on {what!r}" for judge, what in sorted(names)]
        if everything and os.environ.get("FULL") == "1":
            # Fewer changes than that may miss any of them.
            lines += [
                f"nobody of {row['judges']} differs on {row['parts']} any more, where hsign says {row['hsign']}"
                for place, row in enumerate(explained("difference")) if ("difference", place) not in self.met
            ]
        return [f"remark: {line}: a line of {EXPLAINED.name} to take out" for line in lines]


def as_list(value):
    return value if isinstance(value, list) else [value]


def plain(text):
    return " ".join(str(text).split()).replace("|", "/")[:200]


def page(rows, versions, notes):
    lines = [
        "# Interoperability",
        "",
        "Made by `make interop`: other implementations judge what hsign makes, and hsign judges what they make. The",
        "documents, certificates and time stamps come from the test PKI of `hsign-testkit`.",
        "",
        "Files of B-LT and above are judged by pyHanko and EU DSS without a network, from what they carry: pyHanko with the roots",
        "as anchors, DSS with the HPKI's CA as well (the reason stands at the end). DSS judges by its own default policy; a row",
        "passes when every signature and time stamp is passed without an error in the detailed report, at the level that hsign",
        "names. An evidence record passes when those of all objects do: DSS judges every time stamp in them, Bouncy Castle the",
        "objects, the chains and the last token. A last word behind hsign's verdicts (none, permitted, suspicious, forbidden) says what was changed later.",
        "",
        "An empty place: that program doesn't read such files. (*): another answer than the levels or the others let expect, explained at the end.",
        "",
        "Versions: " + ", ".join(f"{name} {version or 'not installed'}" for name, version in versions) + ".",
    ]
    for section, heading in HEADINGS.items():
        of_section = [row[1:] for row in rows.rows if row[0] == section]
        if of_section:
            introduction = [INTRODUCTIONS[section], ""] if section in INTRODUCTIONS else []
            lines += ["", heading, "", *introduction, *table(of_section)]
        elif any(row[0].startswith(section) for row in rows.rows):
            lines += ["", heading]
    unknown = {row[0] for row in rows.rows} - set(HEADINGS)
    assert not unknown, unknown
    lines += ["", *notes, "", rows.summary(), ""]
    return "\n".join(lines)


def table(rows):
    """A line for each file, a column for each judge."""
    judges = [judge for judge in JUDGES if any(row[2] == judge for row in rows)]
    judges += sorted({row[2] for row in rows} - set(judges))
    makers = len({row[0] for row in rows}) > 1
    lines, files = [], {}
    for made_by, what, judge, result, _, cell in rows:
        files.setdefault((made_by, what), {}).setdefault(judge, []).append(cell if result == "passed" else f"**{result}** {cell}")
    head = (["made by"] if makers else []) + ["what", *judges]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for (made_by, what), cells in files.items():
        line = ([made_by] if makers else []) + [what] + ["; ".join(cells.get(judge, [])) for judge in judges]
        lines.append(f"| {' | '.join(line)} |")
    return lines


def publish(text, folder):
    """The page is written, except in CI, where a difference is only told."""
    (folder / "interop.md").write_text(text, encoding="utf-8")
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if text == before:
        return
    if os.environ.get("CI") != "true":
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        print(f"{PAGE} written")
        return
    changed = [line for line in difflib.unified_diff(before.split("\n"), text.split("\n"), lineterm="", n=0)]
    print(f"remark: {PAGE} is not what this run gave; make interop writes it")
    print("\n".join(line for line in changed if re.match(r"[+-](?![+-])", line)))
