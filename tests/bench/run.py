"""hsign beside the physical limit and beside pyHanko, in turn (A B A B) in one run. Nothing is asserted about time; a
row without work done is a failure. The table goes to docs/reference/performance.md."""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile
from statistics import median

import programs
from documents import scan_of
from programs import Testbed, hsign_warm, pyhanko_warm

TABLE = pathlib.Path("docs/reference/performance.md")
ROUNDS = int(os.environ.get("ROUNDS", "21"))
#: Runs of what takes a second or so.
SLOW_ROUNDS = max(3, ROUNDS // 5)


class Samples:
    """Figures of one operation, run by run."""

    def __init__(self):
        self.wall, self.cpu, self.last = [], [], {}

    def add(self, answer):
        self.wall.append(answer["ms"])
        self.cpu.append(answer["cpu_ms"])
        self.last = answer

    def text(self):
        wall, least, most = (figure(value) for value in (median(self.wall), min(self.wall), max(self.wall)))
        return f"{wall} ({least}–{most}; CPU {figure(median(self.cpu))})"


def figure(milliseconds):
    return f"{milliseconds:.0f}" if milliseconds >= 100 else f"{milliseconds:.2f}"


class Table:
    def __init__(self):
        self.rows = []

    def ratio(self, what, ours, name, theirs, note=""):
        value = f"{median(ours.wall) / median(theirs.wall):.2f} (least {min(ours.wall) / min(theirs.wall):.2f})"
        self._add(what, ours.text(), name, theirs.text(), value, ours, theirs, note)

    def difference(self, what, ours, name, theirs, note=""):
        value = f"+{figure(median(ours.wall) - median(theirs.wall))} ms"
        self._add(what, ours.text(), name, theirs.text(), value, ours, theirs, note)

    def _add(self, what, ours, name, theirs, value, first, second, note):
        if not first.wall or not second.wall:
            raise RuntimeError(f"{what}: nothing was measured")
        runs = f"{len(first.wall)} / {len(second.wall)}"
        self.rows.append((what, ours, name, theirs, value, runs, note))
        print(" | ".join(self.rows[-1]), flush=True)


def in_turn(rounds, **operations):
    """Each operation once per round, another one first each time; one round before that doesn't count."""
    samples = {name: Samples() for name in operations}
    order = list(operations)
    for number in range(rounds + 1):
        for name in order:
            answer = operations[name]()
            if number:
                samples[name].add(answer)
        order.append(order.pop(0))
    return samples


def small_documents(table, testbed, hsign, pyhanko, work):
    scan = str(testbed.folder / "documents" / "scanned-prescription.pdf")
    for level in ("B-T", "B-B"):
        operations = {
            "ours": lambda: hsign.ask("sign", level, scan),
            "limit": lambda: hsign.ask("sign-limit", level),
        }
        judged = {
            "ours": lambda: hsign.ask("verify", level),
            "limit": lambda: hsign.ask("verify-limit", level),
        }
        if pyhanko:
            pyhanko.ask("sign", level, scan)
            operations["pyHanko"] = lambda: pyhanko.ask("sign", level, scan)
            judged["pyHanko"] = lambda: pyhanko.ask("verify", level)
        for what, group in ((f"sign {level}, in process", operations), (f"verify {level}, in process", judged)):
            found = in_turn(ROUNDS, **group)
            size, limit = found["ours"].last["bytes"], found["limit"].last
            note = f"{size} bytes, {found['ours'].last['indication']}"
            table.ratio(what, found["ours"], "limit", found["limit"], f"{note}; {limit['verifications']} verifications")
            if pyhanko:
                table.ratio(what, found["ours"], "pyHanko", found["pyHanko"], f"{found['pyHanko'].last['bytes']} bytes")


def certification_paths(table, hsign):
    """Path validation beside its two signature verifications alone; 2.5 times is 40 % of their rate, 1.67 is 60 %."""
    found = in_turn(
        ROUNDS,
        parsing=lambda: hsign.ask("path", "from-bytes"),
        parsed=lambda: hsign.ask("path", "from-certificates"),
        limit=lambda: hsign.ask("path", "signatures"),
    )
    note = f"{found['parsing'].last['paths']} paths; {found['limit'].last['verifications']} verifications"
    for what, name in (("path validation with parsing", "parsing"), ("path validation, parsed certificates", "parsed")):
        table.ratio(what, found[name], "the signature verifications alone", found["limit"], note)


def engine_alone(table, hsign):
    """Verdicts from facts: signature checks from memory, then made; 51 signatures beside one."""
    for level in ("B-T", "B-LTA"):
        found = in_turn(
            ROUNDS,
            memoised=lambda: hsign.ask("engine", "memoised", level, "1"),
            checked=lambda: hsign.ask("engine", "checked", level, "1"),
            bare=lambda: hsign.ask("engine", "bare", level, "1"),
            many=lambda: hsign.ask("engine", "memoised", level, "51"),
            many_checked=lambda: hsign.ask("engine", "checked", level, "51"),
        )
        for samples in found.values():
            verdicts = samples.last["verdicts"]
            samples.wall = [wall / verdicts for wall in samples.wall]
            samples.cpu = [cpu / verdicts for cpu in samples.cpu]
        name = "B-LTA renewed twice" if level == "B-LTA" else level
        one, verifications = found["memoised"], found["bare"].last["verifications"]
        note = f"{1000 / median(one.wall):.0f} verdicts/s, {one.last['stamps']} stamps, {one.last['indication']}"
        table.ratio(f"engine, {name}, checks from memory", one, "the verifications alone", found["bare"], note)
        note = f"{verifications} verifications"
        table.ratio(f"engine, {name}, checks made", found["checked"], "the verifications alone", found["bare"], note)
        note = f"{found['many'].last['signatures']} signatures, {found['many'].last['stamps']} stamps"
        table.ratio(f"engine, {name}, 51 signatures, checks from memory", found["many"], "one signature", one, note)
        made = found["many_checked"], "one signature", found["checked"]
        table.ratio(f"engine, {name}, 51 signatures, checks made", *made, note)


def whole_processes(table, testbed, hsign, pyhanko, work):
    scan = testbed.folder / "documents" / "scanned-prescription.pdf"
    ours, theirs = work / "ours.pdf", work / "theirs.pdf"
    version = lambda: programs.run([programs.HSIGN, "--version"])
    true = lambda: programs.run(["true"])
    started = in_turn(ROUNDS, ours=version, true=true)
    table.difference("hsign --version", started["ours"], "true (a process that does nothing)", started["true"])
    for level in ("B-T", "B-B"):
        found = in_turn(
            ROUNDS,
            whole=lambda: programs.hsign_sign(testbed, level, scan, ours),
            inside=lambda: hsign.ask("file-sign", level, str(scan), str(ours)),
        )
        table.difference(f"sign {level}, whole process", found["whole"], "in process, file to file", found["inside"])
        if pyhanko:
            peer = in_turn(
                SLOW_ROUNDS,
                ours=lambda: programs.hsign_sign(testbed, level, scan, ours),
                pyHanko=lambda: programs.pyhanko_sign(testbed, level, scan, theirs),
            )
            table.ratio(f"sign {level}, whole process", peer["ours"], "pyHanko's command", peer["pyHanko"])
        found = in_turn(
            ROUNDS,
            whole=lambda: programs.hsign_verify(testbed, ours),
            inside=lambda: hsign.ask("file-verify", str(ours)),
        )
        table.difference(f"verify {level}, whole process", found["whole"], "in process", found["inside"])


def large_documents(table, testbed, hsign, pyhanko, work):
    large = str(scan_of(work / "50.pdf", 50))
    ours, copy, theirs = (str(work / name) for name in ("ours-50.pdf", "copy-50.pdf", "theirs-50.pdf"))
    operations = {
        "ours": lambda: hsign.ask("file-sign", "B-T", large, ours),
        "limit": lambda: hsign.ask("file-limit", large, copy),
    }
    if pyhanko:
        operations["pyHanko"] = lambda: pyhanko.ask("file-sign", "B-T", large, theirs)
    found = in_turn(SLOW_ROUNDS, **operations)
    what = "sign B-T, 50 MB file to file"
    table.ratio(what, found["ours"], "two passes and a durable copy", found["limit"])
    if pyhanko:
        table.ratio(what, found["ours"], "pyHanko (copy not made durable)", found["pyHanko"])
    operations = {
        "ours": lambda: hsign.ask("file-verify", ours),
        "limit": lambda: hsign.ask("file-pass", large),
    }
    if pyhanko:
        operations["pyHanko"] = lambda: pyhanko.ask("file-verify", theirs)
    found = in_turn(SLOW_ROUNDS, **operations)
    table.ratio("verify B-T, 50 MB file", found["ours"], "one pass", found["limit"])
    if pyhanko:
        table.ratio("verify B-T, 50 MB file", found["ours"], "pyHanko", found["pyHanko"])


def memory(testbed, with_pyhanko, work):
    """Peak memory of a new process that signs one file B-T and verifies it."""
    sizes = {
        "0.2 MB": testbed.folder / "documents" / "scanned-prescription.pdf",
        "50 MB": work / "50.pdf",
        "200 MB": scan_of(work / "200.pdf", 200),
    }
    rows = []
    for size, source in sizes.items():
        peaks = []
        for start in (hsign_warm, pyhanko_warm) if with_pyhanko else (hsign_warm,):
            program, target = start(testbed), str(work / "signed.pdf")
            program.ask("file-sign", "B-T", str(source), target)
            program.ask("file-verify", target)
            peaks.append(f"{program.ask('peak')['peak_kib'] / 1024:.1f}")
            program.close()
        rows.append((size, *peaks))
        print("peak MiB:", *rows[-1], flush=True)
    return rows


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    cores = os.cpu_count()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{cores} cores {model}, {platform.system()} {platform.release().split('-')[0]}, load {load} at the end"


def versions(pyhanko):
    found = [said("openssl", "version"), said("rustc", "--version"), f"Python {platform.python_version()}"]
    if pyhanko:
        from pyhanko.version import __version__

        found.append(f"pyHanko {__version__}")
    return ", ".join(found)


def write(table, peaks, pyhanko):
    text = [
        "# Performance",
        "",
        "Made by `make bench`. Times are milliseconds: median on the wall (least–most; median of processor time). Rows",
        "were measured in turn in one run; compare ratios, not times, between machines.",
        "",
        "The limit is what nobody can do without, measured in the same turns: to sign, one RSA-2048 signature, two",
        "SHA-256 passes over the result (one to sign, one for the self-check), each signature verification of the",
        "self-check once (signer, stamp, their paths and revocation lists), for B-T one round trip to the local",
        "time-stamp authority; to verify, one pass and the verifications. pyHanko signs without checking signer or",
        "result; its validation gets the same revocation lists. A certification path is signer, CA and root: two",
        "signature verifications; 2.5 times their time is 40 % of their rate, 1.67 times is 60 %. The engine gets facts",
        "and parsed evidence: of one doctor's signatures with a stamp each (B-T), or sealed, renewed after three and six",
        "years and judged after eight, when her certificate and all data inside have ended (B-LTA renewed twice).",
        "",
        f"Machine: {machine()}. {versions(pyhanko)}.",
        "",
        "| what | hsign | beside | its figure | hsign / beside | runs | |",
        "|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in table.rows),
        "",
        "Peak memory in MiB of a new process that signs one file B-T and verifies it:",
        "",
        "| file | hsign |" + (" pyHanko |" if pyhanko else ""),
        "|---|---|" + ("---|" if pyhanko else ""),
        *(f"| {' | '.join(row)} |" for row in peaks),
        "",
    ]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(text), encoding="utf-8")


def installed():
    try:
        import pyhanko  # noqa: F401
    except ImportError:
        if os.environ.get("REQUIRE_ALL") == "1":
            raise
        print("pyHanko is not installed: its rows are skipped", file=sys.stderr)
        return False
    return True


def main():
    table = Table()
    with tempfile.TemporaryDirectory(prefix="hsign-bench-") as folder:
        work = pathlib.Path(folder)
        testbed = Testbed(work / "pki")
        hsign = hsign_warm(testbed)
        pyhanko = pyhanko_warm(testbed) if installed() else None
        certification_paths(table, hsign)
        engine_alone(table, hsign)
        for part in (small_documents, whole_processes, large_documents):
            part(table, testbed, hsign, pyhanko, work)
        peaks = memory(testbed, pyhanko is not None, work)
        for program in (hsign, pyhanko, testbed):
            if program:
                program.close()
    write(table, peaks, pyhanko is not None)
    print(f"{len(table.rows)} rows, written to {TABLE}")


if __name__ == "__main__":
    main()
