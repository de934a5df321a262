"""hsign beside the physical limit and beside pyHanko, in turn (A B A B) in one run. Nothing is asserted about time; a
row without work done is a failure. The table goes to docs/reference/performance.md."""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import cades_rows
import container_rows
import document_rows
import engine_rows
import eprescription_rows
import xml_rows
from measured import Table
from memory_rows import memory
from sizes import SMOKE
from programs import Testbed, hsign_warm, pyhanko_warm

TABLE = pathlib.Path("docs/reference/performance.md")
ROUNDS = int(os.environ.get("ROUNDS", "21"))
#: Runs of what takes a tenth of a second or more.
SLOW_ROUNDS = max(3, ROUNDS // 3)
if SMOKE:
    ROUNDS = SLOW_ROUNDS = 1


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


INTRODUCTION = """\
# Performance

Made by `make bench`. Times are milliseconds: median on the wall (least–most; median of processor time). Rows
were measured in turn in one run; compare ratios, not times, between machines.

The limit is what nobody can do without, measured in the same turns: to sign, one RSA-2048 signature, two
SHA-256 passes over the result (one to sign, one for the self-check), each signature verification of the
self-check once (signer, stamps, their paths and revocation lists), and the round trips to the local time-stamp
authority that were made; to verify, one pass and the verifications. For a file of 50 MB it is the passes and, where
one is made, a copy put in place with the same fsyncs. pyHanko signs without checking signer or result; its
validation gets the same revocation lists, or for B-LTA those in the document.

A certification path is signer, CA and root: two signature verifications; 2.5 times their time is 40 % of their rate,
1.67 times is 60 %. The engine gets facts and parsed evidence: of signatures with a stamp each (B-T), or sealed, renewed
after three and six years and judged after eight, when the signers' certificates and all data inside have ended (B-LTA
renewed twice). The verifications alone are those that it asked for, each once.

Ratios are of the medians on the wall, then of the least on the wall and of processor time. CMS with content inside and
containers are hashed twice, once for what was signed and once as the file they are, by two threads. Signing hashes
what is beside it twice, too. The documents of one run share the checks of authorities' signatures; other rows share
nothing between their turns."""


def write(table, peaks, pyhanko, minutes):
    text = [
        INTRODUCTION,
        "",
        f"Machine: {machine()}. {versions(pyhanko)}. {minutes:.0f} minutes in all.",
        "",
        "| what | hsign | beside | its figure | hsign / beside | runs | |",
        "|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in table.rows),
        "",
        "Peak memory in MiB of a new process that signs one file B-LTA and verifies it, beside 64 MiB and 64 bytes per",
        "object:",
        "",
        "| file | objects | allowed | hsign |" + (" pyHanko |" if pyhanko else ""),
        "|---|---|---|---|" + ("---|" if pyhanko else ""),
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
    table, start = Table(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hsign-bench-") as folder:
        work = pathlib.Path(folder)
        testbed = Testbed(work / "pki")
        hsign = hsign_warm(testbed)
        pyhanko = pyhanko_warm(testbed) if installed() else None
        engine_rows.certification_paths(table, hsign, ROUNDS)
        engine_rows.engine_alone(table, hsign, SLOW_ROUNDS)
        document_rows.small(table, testbed, hsign, pyhanko, ROUNDS)
        document_rows.renewal(table, hsign, ROUNDS)
        document_rows.whole_processes(table, testbed, hsign, pyhanko, work, ROUNDS, SLOW_ROUNDS)
        document_rows.large(table, hsign, pyhanko, work, SLOW_ROUNDS)
        cades_rows.large_cms(table, testbed, hsign, work, SLOW_ROUNDS)
        xml_rows.large_xml(table, testbed, work, SLOW_ROUNDS)
        eprescription_rows.eprescriptions(table, testbed, hsign, work, ROUNDS)
        container_rows.containers(table, hsign, work, SLOW_ROUNDS)
        document_rows.many_signatures(table, testbed, hsign, SLOW_ROUNDS)
        document_rows.many_files(table, testbed, hsign, pyhanko, work)
        peaks = memory(testbed, pyhanko is not None, work)
        for program in (hsign, pyhanko, testbed):
            if program:
                program.close()
    if SMOKE:
        print(f"{len(table.rows)} rows could be measured")
        return
    write(table, peaks, pyhanko is not None, (time.monotonic() - start) / 60)
    print(f"{len(table.rows)} rows, written to {TABLE}")


if __name__ == "__main__":
    main()
