"""Peak memory of a new process that signs one file and verifies it."""

import programs
from cades_rows import random_file
from documents import objects_of, scan_of
from sizes import SMOKE, scaled
from xml_rows import clinical_document

#: What a PDF is allowed whatever its size, and for each of its objects.
FIXED, PER_OBJECT = 64 << 20, 64
PROGRAMS = ("hsign", "pyHanko", "EU DSS", "signxml")


def rows(bench):
    path = bench.work / "memory"
    pdfs = (
        ("scan, 0.2 MB", lambda: bench.testbed.scan, PROGRAMS[:3]),
        ("scan, 50 MB", lambda: scan_of(path, scaled(50)), PROGRAMS[:3]),
        ("scan, 500 MB, 500 pages", lambda: scan_of(path, scaled(500), pages=500), PROGRAMS[:3]),
        ("1,000,000 objects", lambda: objects_of(path, scaled(1_000_000)), PROGRAMS[:1]),
    )
    for name, make, by in pdfs[:1] if SMOKE else pdfs:
        source = make()
        objects = object_count(source)
        yield row(bench, f"PDF B-LTA, {name}", by, pdf, source, mib(FIXED + PER_OBJECT * objects), str(objects))
    random_file(path, scaled(100) << 20)
    yield row(bench, "CAdES B-B beside 100 MB", PROGRAMS[:3], cms, path)
    path.write_text(clinical_document(scaled(10) << 20) + "</ClinicalDocument>", encoding="utf-8")
    yield row(bench, "XAdES B-B, 10 MB", ("hsign", "EU DSS", "signxml"), xml, path)
    path.unlink()


def row(bench, name, by, work, source, allowed="", objects=""):
    peaks = {}
    for program in filter(programs.installed, by):
        process = programs.warm(program, bench.testbed)
        target = bench.work / "memory.made"
        try:
            work(process, source, target)
            peaks[program] = mib(process.ask("peak")["peak_kib"] * 1024)
        except RuntimeError as error:
            if program == "hsign":
                raise
            print(error, flush=True)
        process.close()
        target.unlink(missing_ok=True)
    print("peak MiB:", name, peaks, flush=True)
    return {"file": name, "objects": objects, "allowed": allowed, "peaks": peaks}


def pdf(program, source, target):
    program.ask("file-sign", "B-LTA", source, target)
    program.ask("file-verify", target)


def cms(program, source, target):
    program.ask("sign-as", "cades-detached", "B-B", target, source)
    program.ask("detached-verify", target, source)


def xml(program, source, target):
    program.ask("sign-as", "xades-enveloped", "B-B", target, source)
    program.ask("file-verify", target)


def mib(count):
    return f"{count / (1 << 20):.1f}"


def object_count(path):
    """`/Size` of the last trailer."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        return int(file.read().rpartition(b"/Size ")[2].split()[0])
