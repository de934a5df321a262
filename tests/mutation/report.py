"""What became of the mutants: the kept result, the explanations, and the page of the documentation."""

import json
import pathlib
import tomllib

HERE = pathlib.Path(__file__).parent
RESULT = HERE / "result.json"
EXPLAINED = HERE / "explained.toml"
PAGE = pathlib.Path("docs/reference/mutation.md")
HEAD = """# Mutation testing

Written by `make mutants KEEP=1`. A mutant is one change in one place of a judging crate (`cargo-mutants` lists them: a
comparison turned round, a condition removed, a function that answers something fixed). A seed chooses the sample among those that
compile; each is run with the tests of the four crates, without the corpora, until a test fails. `caught`: a test failed or did
not end. What survived stands below with the reason why no test can see it, or is left for a test to come; `AGAIN=1` judges
the survivors alone again. `make mutants SEED=n COUNT=n` tries others.
"""


def explanation(row, table):
    for entry in table:
        if all(entry[name] == row[name] for name in ("file", "change", "code")):
            return entry["reason"]
    return None


def finish(result, keep):
    """Prints the rates; 1 when a survivor has no explanation."""
    table = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("equivalent", [])
    for row in result["rows"]:
        survived = row["outcome"] in ("missed", "unreached")
        row["reason"] = explanation(row, table) if survived else None
    counted = rates(result["rows"])
    for line in counted:
        print("| " + " | ".join(str(value) for value in line) + " |")
    if keep:
        kept = {**result, "rates": counted, "rows": [r for r in result["rows"] if r["outcome"] in ("missed", "unreached")]}
        RESULT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(page(kept), encoding="utf-8")
    return int(any(r["outcome"] in ("missed", "unreached") and not r["reason"] for r in result["rows"]))


def rates(rows):
    counted = []
    for package in sorted({r["package"] for r in rows}) + ["all"]:
        own = [r for r in rows if package in (r["package"], "all")]
        caught = sum(r["outcome"] in ("caught", "timeout") for r in own)
        explained = sum(r["reason"] is not None for r in own)
        left = len(own) - caught - explained
        counted.append([package, len(own), caught, explained, left, f"{100 * caught / len(own):.1f} %"])
    return counted


def page(kept):
    lines = [HEAD]
    judged, chosen = kept["rates"][-1][1], kept["chosen"]
    lines.append(f"{chosen} of {kept['listed']} mutants, seed {kept['seed']}"
                 f" ({kept['refused']} that don't compile were passed over).\n")
    if judged < chosen:
        lines.append(f"**Stopped early**: {judged} of the {chosen} were judged; the rates are theirs.\n")
    lines.append("| crate | mutants | caught | explained | left | rate |")
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in kept["rates"]]
    if kept["rows"]:
        lines.append("\n## Not caught\n")
        lines.append("| where | change | why it stands |")
        lines.append("| --- | --- | --- |")
        for row in kept["rows"]:
            code = row["code"].replace("|", "\\|")
            change = row["change"].replace("|", "\\|")
            lines.append(f"| `{row['file'].removeprefix('crates/')}` `{code}` | {change} | {row['reason'] or 'left'} |")
    return "\n".join(lines) + "\n"
