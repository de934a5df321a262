"""The programs that are measured: two kept warm and asked line by line, and commands started anew."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

BIN = pathlib.Path(os.environ["HSIGN_BENCH_BIN"])
HSIGN = str(BIN / "hsign")


class Testbed:
    """Serves the test PKI in a process of its own, so that its work isn't counted in ours."""

    def __init__(self, folder):
        self.folder = folder
        self.scan = folder / "documents" / "scanned-prescription.pdf"
        self._server = subprocess.Popen(
            [str(BIN / "hsign-testkit"), "serve", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.tsa = self._server.stdout.readline().strip() + "/tsa"

    def close(self):
        self._server.stdin.close()
        self._server.wait(timeout=30)


class Warm:
    """A program that carries out one operation per line and answers with JSON."""

    def __init__(self, name, command):
        self.name = name
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, sep="\t", file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended at {words}")
        answer = json.loads(line)
        # A measurement of nothing is none.
        if "ms" in answer and not answer.get("work"):
            raise RuntimeError(f"{self.name} did no work at {words}")
        return answer

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=30)


def hsign_warm(testbed):
    return Warm("hsign", [str(BIN / "hsign-bench"), str(testbed.folder), testbed.tsa])


def pyhanko_warm(testbed):
    peer = pathlib.Path(__file__).with_name("peer_pyhanko.py")
    return Warm("pyHanko", [sys.executable, str(peer), str(testbed.folder), testbed.tsa])


def run(command, accepted=(0,)):
    """One command from start to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in accepted:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"ms": wall * 1e3, "cpu_ms": cpu * 1e3, "work": 1}


def hsign_sign(testbed, level, source, target):
    return run(signing(testbed, level, source, target)) | {"work": target.stat().st_size}


def signing(testbed, level, source, target, person="doctor"):
    person = testbed.folder / "people" / person
    # The policy etsi lets a key in a file sign.
    command = [
        HSIGN, "sign", source, "-o", target, "--force", "--level", level, "--policy", "etsi", "--no-fetch",
        "--credential", f"pem:{person / 'key.pem'}?cert={person / 'chain.pem'}", *judging(testbed),
    ]
    if level != "B-B":
        command += ["--tsa", testbed.tsa]
    return command


def hsign_verify(testbed, file):
    return run([HSIGN, "verify", file, "--policy", "etsi", *judging(testbed)]) | {"work": file.stat().st_size}


def judging(testbed):
    folder = testbed.folder
    return ["--trust", folder / "trust.toml", "--evidence", folder / "crl", "--evidence", folder / "ca"]


def pyhanko_sign(testbed, level, source, target):
    person = testbed.folder / "people" / "doctor"
    command = [sys.executable, "-m", "pyhanko", "sign", "addsig", "--field", "Signature", "--use-pades"]
    if level == "B-T":
        command += ["--timestamp-url", testbed.tsa]
    command += [
        "pemder", "--key", person / "key.pem", "--cert", person / "certificate.pem",
        "--chain", testbed.folder / "ca" / "hpki-signature-ca.pem", "--no-pass", source, target,
    ]
    return run(command) | {"work": target.stat().st_size}
