"""The archive at the size of a national institution. Many files for real; and 1,000,000,000 documents in 15,259 batches
whose documents don't exist: a store of the bench makes their tables anew whenever they are read. Everything else of these
is real: hash trees, time stamps asked for over HTTP, bundles in two stores, the database, and the verification of each time
stamp before it is renewed. Prints a row for each step; KEEP=1 keeps them in docs/reference/scale.json, from which the page
is made, KEEP=add beside those that are there.

SCALE=n divides every count by n. LEAVES=n: documents of a batch, 65,536. ONLY=files,postgres,sqlite: some of it.
SCALE_FOLDER: where the files are made."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import programs
import scale_page

DIVIDED = int(os.environ.get("SCALE", "1"))
LEAVES = int(os.environ.get("LEAVES", "65536"))
ONLY = os.environ.get("ONLY", "files,postgres,sqlite").split(",")
THREADS = os.cpu_count()
#: Documents of a batch, as the archive closes one.
BATCH = 65_536
BATCHES = -(-1_000_000_000 // BATCH)
#: Processes that plant, and that renew where the database takes several machines.
WORKERS = 2
#: One batch of so many is left to the archive to be stamped.
UNSTAMPED = 64
#: Documents whose evidence is judged at the end.
JUDGED = 20
PROGRAM = str(programs.BIN / "hsign-scale")


class Rows:
    """What each step took."""

    def __init__(self):
        self.rows = []

    def add(self, what, count, answers, note=""):
        row = {
            "what": what, "count": count, "seconds": max(answer["seconds"] for answer in answers),
            "cpu": [answer["cpu_seconds"] for answer in answers], "peak": [answer["peak_kib"] / 1024 for answer in answers],
            "note": note,
        }
        self.rows.append(row)
        print(" | ".join(scale_page.cells(row)), flush=True)


class Server:
    """The authorities and PostgreSQL."""

    def __init__(self, folder):
        self.folder = folder
        self._process = subprocess.Popen(
            [PROGRAM, "serve", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        served = self._process.stdout.readline()
        self.served = json.loads(served)
        (folder / "served.json").write_text(served, encoding="utf-8")

    def ask(self, words):
        print(words, file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=60)


def main():
    rows, start = Rows(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hsign-scale-", dir=os.environ.get("SCALE_FOLDER")) as folder:
        work = pathlib.Path(folder)
        if "files" in ONLY:
            many_files(rows, work, 20_000 // DIVIDED, 100_000)
            many_files(rows, work, 1_000_000 // DIVIDED, 1_000)
        for kind in ("postgres", "sqlite"):
            if kind in ONLY:
                many_batches(rows, work / kind, kind, max(2, BATCHES // DIVIDED))
                shutil.rmtree(work / kind)
    minutes = (time.monotonic() - start) / 60
    if os.environ.get("KEEP"):
        scale_page.keep(rows.rows, minutes, add=os.environ["KEEP"] == "add")


def many_files(rows, work, count, size):
    """Taken, put into batches, stamped, and years later renewed."""
    testbed = programs.Testbed(work / "pki")
    folder = work / "files"
    documents, home = made(folder, count, size), folder / "archive"
    name = f"{count} files of {size // 1000} KB"
    # Each step in a process of its own: its peak is its own.
    asked(testbed, "archive-make", home, BATCH)
    steps = [
        ("taken", ("archive-add", home, documents, THREADS), "SQLite; two digests in one reading"),
        ("sealed, stamped and read again", ("archive-age", home), ""),
        ("renewed", ("archive-renew", home), ""),
    ]
    for what, words, note in steps:
        rows.add(f"{name}: {what}", count, [asked(testbed, *words)], note)
    shutil.rmtree(folder)
    testbed.close()
    shutil.rmtree(work / "pki")


def asked(testbed, *words):
    hsign = programs.warm("hsign", testbed)
    answer = hsign.ask(*words)
    answer |= {"seconds": answer["ms"] / 1e3, "cpu_seconds": answer["cpu_ms"] / 1e3} | hsign.ask("peak")
    hsign.close()
    return answer


def made(folder, count, size):
    documents = folder / "documents"
    documents.mkdir(parents=True)
    for number in range(count):
        (documents / f"{number:07}.txt").write_bytes(f"document {number}\n".encode().ljust(size, b"."))
    return documents


def many_batches(rows, work, kind, count):
    server = Server(made_folder(work / "served"))
    if kind == "postgres" and not server.served["postgres"]:
        server.close()
        return print("PostgreSQL is not installed: its rows are skipped", flush=True)
    home = work / "archive"
    workers = WORKERS if kind == "postgres" else 1
    name = f"{kind}: {count} batches of {LEAVES}"
    index = "postgres" if kind == "postgres" else "index.db"
    roles(("make", server.folder, home, index, LEAVES))
    planters = [("plant", home, from_, to, UNSTAMPED) for from_, to in shares(1, count, workers)]
    planted = roles(*planters)
    documents = count * LEAVES
    rows.add(f"{name}: planted", documents, planted, f"{sum(one['stamps'] for one in planted) + 2} time stamps")

    stamped = roles(*[("renew", server.folder, home, "stamped", 1)] * workers)
    done = sum(one["work"] for one in stamped)
    trips = sum(one["round_trips"] for one in stamped) / max(1, done)
    note = f"{sum(one['requests'] for one in stamped)} requests"
    if kind == "postgres":
        note += f", {trips:.1f} round trips to the database each"
    if done:
        rows.add(f"{name}: {done} first time stamps by the archive itself", done, stamped, note)

    server.ask("at renewal")
    config = home / "archive.toml"
    urls = server.served["tsa"]
    config.write_text(config.read_text(encoding="utf-8").replace(urls[0], urls[1]), encoding="utf-8")
    renewed = roles(*[("renew", server.folder, home, "renewal", 1)] * workers)
    done, requests = (sum(one[what] for one in renewed) for what in ("work", "requests"))
    if done != 2 * count or requests != 2:
        raise SystemExit(f"{done} of {2 * count} time stamps renewed with {requests} requests")
    size = server.ask("size")["octets"] if kind == "postgres" else sum(file.stat().st_size for file in home.glob("index.db*"))
    note = f"each verified; {requests} requests; database {size / 1e6:.0f} MB"
    if kind == "postgres":
        note += f"; {sum(one['round_trips'] for one in renewed) / done:.2f} round trips each"
    rows.add(f"{name}: {done} time stamps renewed", done, renewed, note)

    server.ask("at afterwards")
    judged = roles(("verify", server.folder, home, JUDGED, count))
    rows.add(f"{name}: evidence of documents chosen by chance judged", judged[0]["work"], judged, "trees made anew from the documents")
    server.close()


def shares(start, end, workers):
    edges = [start + (end - start) * number // workers for number in range(workers + 1)]
    return zip(edges, edges[1:])


def made_folder(folder):
    folder.mkdir(parents=True)
    return folder


def roles(*roles):
    """At the same time; each in a process of its own."""
    processes = [
        subprocess.Popen([PROGRAM, *(str(word) for word in role)], stdout=subprocess.PIPE, text=True) for role in roles
    ]
    answers = []
    for role, process in zip(roles, processes):
        said, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"{role[0]} failed")
        answers.append(json.loads(said))
    return answers


if __name__ == "__main__":
    main()
