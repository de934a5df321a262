"""The rows of a run, and the page they make."""

import difflib
import os
import pathlib
import re
import tomllib

EXPLAINED = pathlib.Path(__file__).with_name("explained-differences.toml")
PAGE = pathlib.Path("docs/reference/interop.md")
HEADINGS = {
    "ours": "## What hsign makes, judged by others",
    "theirs": "## What others make, judged by hsign",
    "changed": "## The same files with one octet changed",
}


def explained(kind):
    return tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get(kind, [])


class Rows:
    def __init__(self):
        self.rows = []
        self.notes = []
        self._verdicts = {(row["judge"], row["what"]): row["says"] for row in explained("verdict")}

    def add(self, section, made_by, what, judged_by, result, said=""):
        said = " ".join(str(said).split()).replace("|", "/")[:200]
        self.rows.append((section, made_by, what, judged_by, result, said))
        # An answer tells nothing new where it was the expected one, so the page needs it only for the others.
        print(f"{result:8} {made_by} -> {judged_by}: {what}{': ' + said if said else ''}", flush=True)

    def check(self, section, made_by, what, judged_by, judge, expected=True):
        """`judge()` gives (answer, what was said); it passes when the answer is `expected`, or the one explained instead."""
        expected = self._verdicts.get((judged_by, what), expected)
        try:
            answer, said = judge()
        except Exception as error:  # whatever another implementation throws is its answer
            answer, said = None, f"{type(error).__name__}: {error}"
        passed = answer == expected
        if not passed:
            said = f"{said} (expected: {expected})"
        self.add(section, made_by, what, judged_by, "passed" if passed else "failed", said)

    def missing(self, section, what, whom):
        """Outside CI a skip."""
        result = "failed" if os.environ.get("REQUIRE_ALL") == "1" else "skipped"
        self.add(section, "hsign", what, whom, result, "not installed")

    def count(self, result):
        return sum(1 for row in self.rows if row[4] == result)

    def summary(self):
        return f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped"


def page(rows, versions):
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
        "Versions: " + ", ".join(f"{name} {version or 'not installed'}" for name, version in versions) + ".",
    ]
    for section, heading in HEADINGS.items():
        of_section = [row[1:] for row in rows.rows if row[0] == section]
        if of_section:
            lines += ["", heading, ""] + table(of_section)
    lines += ["", *rows.notes, "", rows.summary(), ""]
    return "\n".join(lines)


def table(rows):
    lines = ["| made by | what | judged by | result | what was said |", "|---|---|---|---|---|"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


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
