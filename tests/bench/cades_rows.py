"""CMS around and beside 100 MB, made by OpenSSL: to the verdict beside one pass of SHA-256, and whole processes beside
OpenSSL's verification, which looks at no revocation."""

import os
import subprocess

import programs
from measured import in_turn
from memory_rows import mib

MEGABYTES = 100


def large_cms(table, testbed, hsign, work, rounds):
    content, detached, attached = (work / name for name in ("content", "content.p7s", "content.p7m"))
    content.write_bytes(os.urandom(1 << 20) * MEGABYTES)
    person = testbed.folder / "people" / "doctor"
    sign = [
        "openssl", "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-in", content,
        "-signer", person / "certificate.pem", "-inkey", person / "key.pem",
        "-certfile", testbed.folder / "ca" / "hpki-signature-ca.pem",
    ]
    programs.run([*sign, "-out", detached])
    programs.run([*sign, "-stream", "-nodetach", "-out", attached])
    # Indefinite length, content in pieces.
    if attached.read_bytes()[:2] != b"\x30\x80":
        raise RuntimeError("OpenSSL wrote no BER")
    found = in_turn(
        rounds,
        detached=lambda: hsign.ask("detached-verify", detached, content),
        attached=lambda: hsign.ask("file-verify", attached),
        limit=lambda: hsign.ask("file-pass", content),
    )
    for what in ("detached", "attached"):
        name = {"detached": "beside", "attached": "BER around"}[what]
        note = found[what].last["indication"]
        table.ratio(f"verify CAdES, {name} {MEGABYTES} MB", found[what], "one pass", found["limit"], note)
    theirs = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-out", os.devnull,
        "-CAfile", testbed.folder / "ca" / "hpki-root.pem",
    ]
    ours = [programs.HSIGN, "verify", "--policy", "etsi", *programs.judging(testbed)]
    pairs = {
        "beside": ([*ours, detached, "--content", content], [*theirs, "-in", detached, "-content", content]),
        "BER around": ([*ours, attached], [*theirs, "-in", attached]),
    }
    for name, (our, their) in pairs.items():
        found = in_turn(rounds, ours=lambda: programs.run(our), openssl=lambda: programs.run(their))
        note = f"peak {mib(peak(our))} MiB, OpenSSL {mib(peak(their))} MiB"
        what = f"verify CAdES, {name} {MEGABYTES} MB, whole process"
        table.ratio(what, found["ours"], "openssl cms -verify", found["openssl"], note)


def peak(command):
    """The most memory that a process of its own had, in bytes."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return used.ru_maxrss * 1024
