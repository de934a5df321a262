"""hsign beside the physical limit and beside its peers, in turn (A B A B) in one run. Nothing is asserted about time; a
row without work done is a failure. ROWS=name,name measures some groups and prints their rows; a whole run is kept in
docs/reference/performance.json, from which the page is made."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import tempfile
import time

import archive_rows
import cades_rows
import container_rows
import document_rows
import engine_rows
import eprescription_rows
import many_rows
import memory_rows
import report
import token_rows
import tree_rows
import xml_rows
from bench import Bench
from programs import Testbed, installed
from sizes import SMOKE

GROUPS = {
    "engine": ("Certification paths and the engine", engine_rows.rows),
    "pdf": ("PDF of 200 KB in process (W1–W3)", document_rows.small),
    "processes": ("PDF of 200 KB, whole processes (W1–W3)", document_rows.whole_processes),
    "large": ("PDF of 50 MB (W1–W3)", document_rows.large),
    "cades": ("CMS (W4)", cades_rows.rows),
    "xml": ("XML (W5)", xml_rows.rows),
    "tokens": ("Time-stamp tokens (W6)", token_rows.rows),
    "many": ("Many signatures, many files (W7)", many_rows.rows),
    "tree": ("Trees (W8)", tree_rows.rows),
    "archive": ("The archive (W8)", archive_rows.rows),
    "eprescription": ("Electronic prescriptions", eprescription_rows.rows),
    "containers": ("Containers", container_rows.rows),
}
MEMORY = "memory"


def said(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    cores = os.cpu_count()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{cores} cores {model}, {platform.system()} {platform.release().split('-')[0]}, load {load} at the end"


def versions():
    found = [f"hsign {said('git', 'describe', '--always', '--dirty')}", said("openssl", "version"), said("rustc", "--version")]
    found.append(f"Python {platform.python_version()}")
    for name, package in (("pyHanko", "pyHanko"), ("signxml", "signxml"), ("rfc3161-client", "rfc3161-client")):
        if installed(name):
            found.append(f"{name} {importlib.metadata.version(package)}")
    if installed("EU DSS"):
        found += [f"EU DSS {os.environ['DSS_VERSION']}", said("java", "-version")]
    for name, command in (("xmlsec1", ("xmlsec1", "--version")), ("pdfsig", ("pdfsig", "-v"))):
        if installed(name):
            found.append(said(*command))
    return ", ".join(found)


def main():
    chosen = [name for name in os.environ.get("ROWS", "").split(",") if name] or [*GROUPS, MEMORY]
    if unknown := set(chosen) - {*GROUPS, MEMORY}:
        raise SystemExit(f"no rows {', '.join(unknown)}; there are {', '.join([*GROUPS, MEMORY])}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hsign-bench-") as folder:
        work = pathlib.Path(folder)
        testbed = Testbed(work / "pki")
        bench = Bench(testbed, work)
        for name in GROUPS:
            if name in chosen:
                group(bench, name)
        peaks = memory(bench) if MEMORY in chosen else []
        bench.close()
        testbed.close()
    minutes = (time.monotonic() - start) / 60
    print(f"{bench.table.count()} rows in {minutes:.1f} minutes")
    if SMOKE:
        report.check()
    elif len(chosen) == len(GROUPS) + 1:
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        report.write({
            "date": date, "machine": machine(), "versions": versions(), "minutes": minutes,
            "sections": bench.table.sections, "memory": peaks,
        })
        print(f"kept in {report.KEPT}")


def memory(bench):
    start = time.monotonic()
    print("== memory", flush=True)
    peaks = list(memory_rows.rows(bench))
    print(f"== memory: {time.monotonic() - start:.0f} s", flush=True)
    return peaks


def group(bench, name):
    title, rows = GROUPS[name]
    start = time.monotonic()
    print(f"== {name}: {title}", flush=True)
    bench.table.section(title)
    rows(bench)
    print(f"== {name}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
