"""docs/reference/scale.md, made from the run that is kept beside it. `python scale_page.py` makes it again."""

import datetime
import json
import pathlib

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "reference"
KEPT, PAGE = DOCS / "scale.json", DOCS / "scale.md"

INTRODUCTION = """\
# Scale

Made by `KEEP=1 make scale` (`KEEP=add`: rows of one more run) from what is kept in [scale.json](scale.json). `SCALE=n` divides every count by n, `LEAVES=n` is the
number of documents of a batch where they don't exist (the archive closes one at 65,536), `ONLY=files,postgres,sqlite`
chooses. It takes about 3 GB of disk for the files and 4 GB for the batches.

Files are taken with two digests, put into batches, stamped and, ten years later, renewed, all with SQLite and two stores.

Batches stand for 1,000,000,000 documents: 15,259 of 65,536. Their documents don't exist, and their tables, leaves and texts
for people are not kept but made anew by a store of the bench whenever somebody reads them: from the number of the batch
follow its documents, a digest each. Everything else is real: the hash trees, two time stamps for each batch (two lines of
evidence, each with an authority) asked for over HTTP, the bundles in two stores, the trail, the database, with rows of
documents left to the bundles. Batches are *planted* by the library's own sealing, stamping, trail and index, without
anybody taking documents; one of 64 is left to the archive's own workers to be stamped. Ten years later the
archive's workers renew all: each time stamp is verified with its path and revocation lists, completed, put into the
tree of its line, and one request for a line renews them. That a bundle was found whole the day before is written into the
database as a scrub does it. At the end the evidence of documents chosen by chance is judged by the engine, which
makes their trees anew.

Peak memory is that of each process, from its start to its end; with PostgreSQL two workers share the work. What the
server, the authorities and the database take is not among it."""


def page(kept):
    lines = [INTRODUCTION, "", f"{kept['date']}. {kept['machine']}. {kept['minutes']:.0f} minutes in all. {kept['note']}".rstrip(), ""]
    lines += ["| what | seconds | per second | seconds of processors, each process | peak MiB, each process | |", "|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(cells(row))} |" for row in kept["rows"]]
    return "\n".join(lines) + "\n"


def cells(row):
    rate = row["count"] / row["seconds"] if row["seconds"] else 0
    cpu = ", ".join(f"{value:.1f}" for value in row["cpu"])
    peak = ", ".join(f"{value:.0f}" for value in row["peak"])
    return row["what"], f"{row['seconds']:.1f}", f"{rate:.0f}", cpu, peak, row["note"]


def keep(rows, minutes, add):
    import os

    import run

    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    note = os.environ.get("NOTE", "")
    if add and KEPT.exists():
        before = json.loads(KEPT.read_text(encoding="utf-8"))
        rows, minutes = before["rows"] + rows, before["minutes"] + minutes
        note = note or before["note"]
    kept = {"date": date, "machine": run.machine(), "minutes": minutes, "note": note, "rows": rows}
    KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(KEPT.read_text(encoding="utf-8"))), encoding="utf-8")
