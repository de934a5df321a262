"""Mutation testing: do the tests notice when one place of the judging crates is changed?

`cargo-mutants` lists every mutant; a seed chooses some. All of them are compiled at once, each behind a switch: a
function with mutants starts with `if crate::mutant(7) { <its body, changed> } else …`. So building is paid for once, and
a mutant costs no more than the tests that reach it. Nothing here touches the sources: they are copied first.

    python3 tests/mutation/run.py CARGO_MUTANTS [--seed N] [--count N] [--only TEXT] [--again] [--keep]

What is known of each mutant is noted at once, so that a run that was stopped tells what it has, and one with --again
judges only what no test has caught so far: the survivors after new tests, and what wasn't reached.
"""

import argparse
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import report

PACKAGES = ["hsign-validation", "hsign-hpki", "hsign-pki", "hsign-ers"]
ROOT = pathlib.Path.cwd()
HOME = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")).absolute() / "mutation"
COPY = HOME / "copy"
TARGET = HOME / "target"
REACHED = HOME / "reached"
JUDGED = HOME / "judged.json"

# Tests run hundreds of times, so that a little optimisation of our own crates pays.
OPTIMISED = ["--config", "profile.dev.opt-level=1", "--config", 'profile.dev.package."*".opt-level=0']

# Appended to each crate: is mutant N the one to run? With a folder to write to: which ones are reached at all?
SWITCH = """
pub(crate) fn mutant(number: usize) -> bool {
    use std::sync::{LazyLock, atomic::{AtomicBool, Ordering::Relaxed}};
    static ON: LazyLock<Option<usize>> = LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    static REACHED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("MUTANTS_REACHED").ok());
    static SEEN: [AtomicBool; %d] = [const { AtomicBool::new(false) }; %d];
    if let Some(folder) = &*REACHED && !SEEN[number].swap(true, Relaxed) {
        std::fs::write(format!("{folder}/{number}"), "").unwrap();
    }
    *ON == Some(number)
}
"""


def build_environment():
    return {
        **os.environ,
        "CARGO_TARGET_DIR": str(TARGET),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        # Without the corpora, which not everybody has: the rate shall be the same everywhere.
        "HSIGN_CORPORA": str(HOME / "no-corpora"),
        "REQUIRE_ALL": "",
    }


def listed(program, seed):
    """All mutants of the crates, in an order that the seed and each one itself decide: changes elsewhere don't matter."""
    command = [program, "mutants", "--list", "--json"]
    for package in PACKAGES:
        command += ["--package", package]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    bodies = {body_key(m): m["span"] for m in found if m["genre"] == "FnValue"}
    mutants = [m for m in found if m["function"]]
    for m in mutants:
        m["body"] = bodies.get(body_key(m))
        m["change"] = re.sub(r"^\S+?:\d+:\d+: ", "", m["name"])
        m["code"] = Text(ROOT / m["file"]).line(m)
    return sorted(mutants, key=lambda m: hashlib.sha256(f"{seed} {m['file']} {m['code']} {m['change']}".encode()).digest())


def body_key(mutant):
    function = mutant["function"] or {}
    return mutant["file"], json.dumps(function.get("span"))


def copy_sources():
    """The working tree's files as they are, so that a change can be tried before it is committed; `switch` writes the
    rest."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    switched = tuple(f"crates/{package}/src/" for package in PACKAGES)
    for name in filter(None, names):
        if (ROOT / name).is_file() and not (name.startswith(switched) and name.endswith(".rs")):
            write(COPY / name, (ROOT / name).read_bytes())


def write(path, content):
    """Only what differs, so that nothing is built in vain."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@functools.cache
class Text:
    """A source with its lines, as mutants' spans count them: from 1, in characters."""

    def __init__(self, path):
        self.text = path.read_text(encoding="utf-8")
        self.starts = [0]
        for line in self.text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def range(self, span):
        return tuple(self.starts[span[end]["line"] - 1] + span[end]["column"] - 1 for end in ("start", "end"))

    def body(self, mutant):
        """Where the statements of the mutant's function begin and end."""
        if mutant["body"]:
            return self.range(mutant["body"])
        start, end = self.range(mutant["function"]["span"])
        signature = re.compile(r"\bfn\s+\w+").search(self.text, start)
        return self.text.index("{", signature.end()) + 1, self.text.rindex("}", start, end)

    def line(self, mutant):
        return self.text.splitlines()[mutant["span"]["start"]["line"] - 1].strip()


def switch(mutants):
    """Writes the sources with all mutants behind switches; returns the lines on which each one stands."""
    places = {}
    size = max(mutants, default=0) + 1
    for package in PACKAGES:
        for path in sorted((ROOT / "crates" / package / "src").rglob("*.rs")):
            file = str(path.relative_to(ROOT))
            members = {number: m for number, m in mutants.items() if m["file"] == file}
            text = switched(Text(path), file, members, places)
            if path.name == "lib.rs":
                text += SWITCH % (size, size)
            write(COPY / file, text.encode())
    return places


def switched(source, file, members, places):
    bodies = {number: source.body(mutant) for number, mutant in members.items()}
    # A function inside another one is changed with the whole of the outer one.
    outer = {b for b in bodies.values() if not any(o != b and o[0] <= b[0] and b[1] <= o[1] for o in bodies.values())}
    written, at = "", 0
    for start, end in sorted(outer):
        written += source.text[at:start]
        for number in (n for n, body in bodies.items() if start <= body[0] and body[1] <= end):
            first, last = source.range(members[number]["span"])
            changed = source.text[start:first] + members[number]["replacement"] + " " + source.text[last:end]
            begin = written.count("\n") + 2
            written += f"\nif crate::mutant({number}) {{\n{changed}\n}} else "
            places[number] = (file, begin, begin + changed.count("\n") + 2)
        written += "{" + source.text[start:end] + "\n}"
        at = end
    return written + source.text[at:]


def cargo(*command):
    packages = [word for package in PACKAGES for word in ("-p", package)]
    run = subprocess.run(
        ["cargo", *command, "--message-format=json", *OPTIMISED, *packages],
        cwd=COPY, env=build_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    return run, [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def unviable(messages, places):
    """The mutants that the compiler refuses."""
    refused = set()
    for message in messages:
        if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
            continue
        for span in spans(message["message"]):
            refused |= {
                number for number, (file, begin, end) in places.items()
                if span["file_name"] == file and begin <= span["line_start"] and span["line_end"] <= end
            }
    return refused


def spans(message):
    yield from message["spans"]
    for child in message["children"]:
        yield from spans(child)


def viable(order, count):
    """The first `count` mutants of the order that compile, by number, and how many before the last of them don't."""
    candidates = dict(enumerate(order[: count * 3 // 2]))
    while True:
        places = switch(candidates)
        run, messages = cargo("check", "--keep-going")
        bad = unviable(messages, places)
        if not bad and run.returncode:
            sys.exit(run.stderr)
        for number in bad:
            del candidates[number]
        if not bad:
            break
    chosen = dict(list(candidates.items())[:count])
    switch(chosen)
    return chosen, max(chosen, default=-1) + 1 - len(chosen)


class Binary:
    def __init__(self, path, package_folder, package):
        self.path, self.folder, self.package = path, package_folder, package
        self.seconds = 0.0
        self.reaches = set()

    def run(self, limit, **variables):
        """Whether all its tests passed; None when it had not ended after the limit. The first failure is enough."""
        process = subprocess.Popen(
            [self.path, "--skip", "conformance_", "--test-threads=2"], cwd=self.folder, text=True,
            env={**build_environment(), **variables}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        late = threading.Event()
        clock = threading.Timer(limit, lambda: (late.set(), process.kill()))
        clock.start()
        failed = any(line.rstrip().endswith("... FAILED") for line in process.stdout)
        process.kill() if failed else process.wait()
        clock.cancel()
        process.stdout.close()
        code = process.wait()
        return None if late.is_set() else not failed and code == 0

    def baseline(self):
        shutil.rmtree(REACHED, ignore_errors=True)
        REACHED.mkdir(parents=True)
        began = time.monotonic()
        if not self.run(1200, MUTANTS_REACHED=str(REACHED)):
            sys.exit(f"without a mutant, {self.path} fails")
        self.seconds = time.monotonic() - began
        self.reaches = {int(entry.name) for entry in REACHED.iterdir()}


def binaries():
    run, messages = cargo("build", "--tests")
    if run.returncode:
        sys.exit(run.stderr)
    for message in messages:
        if message.get("reason") == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
            folder = pathlib.Path(message["manifest_path"]).parent
            yield Binary(message["executable"], folder, folder.name)


def judge(number, mutant, tests):
    """`caught`, `timeout`, `unreached` or `missed`; a crate's own tests first, quick ones first."""
    reaching = [b for b in tests if number in b.reaches]
    for binary in sorted(reaching, key=lambda b: (b.package != mutant["package"], b.seconds)):
        passed = binary.run(60 + 20 * binary.seconds, MUTANT=str(number))
        if passed is None:
            return "timeout"
        if not passed:
            return "caught"
    return "missed" if reaching else "unreached"


def identity(mutant):
    return "\n".join(mutant[key] for key in ("file", "change", "code"))


class Judged:
    """What earlier runs found out, by mutant; written after each one."""

    def __init__(self, again):
        self.outcomes = json.loads(JUDGED.read_text()) if again and JUDGED.is_file() else {}

    def caught(self, mutant):
        outcome = self.outcomes.get(identity(mutant))
        return outcome if outcome in ("caught", "timeout") else None

    def note(self, mutant, outcome):
        self.outcomes[identity(mutant)] = outcome
        JUDGED.write_text(json.dumps(self.outcomes, indent=1, ensure_ascii=False))


def stop(*_):
    raise KeyboardInterrupt


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("cargo_mutants")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--count", type=int, default=300)
    arguments.add_argument("--only", default="", help="mutants with this text in their name")
    arguments.add_argument("--again", action="store_true", help="only what no test has caught in earlier runs")
    arguments.add_argument("--keep", action="store_true", help="write the result and the page of the documentation")
    options = arguments.parse_args()

    order = listed(options.cargo_mutants, options.seed)
    total = len(order)
    order = [m for m in order if options.only in m["name"]]
    HOME.mkdir(parents=True, exist_ok=True)
    copy_sources()
    chosen, refused = viable(order, options.count)
    print(f"{len(chosen)} of {total} mutants, seed {options.seed}; {refused} more don't compile", flush=True)

    tests = list(binaries())
    for binary in tests:
        binary.baseline()
    signal.signal(signal.SIGTERM, stop)
    judged, rows = Judged(options.again), []
    try:
        for number, mutant in sorted(chosen.items()):
            outcome = judged.caught(mutant) or judge(number, mutant, tests)
            judged.note(mutant, outcome)
            rows.append({key: mutant[key] for key in ("package", "file", "change", "code")} | {"outcome": outcome})
            if outcome in ("missed", "unreached"):
                print(f"{outcome}: {mutant['name']}\n    {mutant['code']}", flush=True)
    except KeyboardInterrupt:
        print(f"stopped after {len(rows)}", flush=True)
        if not rows:
            sys.exit("nothing was judged")
    result = {"seed": options.seed, "listed": total, "refused": refused, "chosen": len(chosen), "rows": rows}
    sys.exit(report.finish(result, keep=options.keep))


if __name__ == "__main__":
    main()
