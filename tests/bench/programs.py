"""The programs that are measured: some kept warm and asked line by line, and commands started anew."""

import functools
import importlib.util
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

from sizes import SMOKE

HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path(os.environ["HSIGN_BENCH_BIN"])
HSIGN = str(BIN / "hsign")

#: A trial run is over before a Java machine has optimised anything.
JAVA = ["java", "-Xmx4g", "-Djava.awt.headless=true", *(["-XX:TieredStopAtLevel=1"] if SMOKE else [])]
#: What is kept warm, as it is started before the words that are the same for all.
WARM = {
    "hsign": [str(BIN / "hsign-bench")],
    "pyHanko": [sys.executable, str(HERE / "peer_pyhanko.py")],
    "signxml": [sys.executable, str(HERE / "peer_signxml.py")],
    "rfc3161-client": [sys.executable, str(HERE / "peer_rfc3161.py")],
    "EU DSS": [*JAVA, "-cp", os.environ.get("DSS_CLASS_PATH", ""), "Bench"],
}
PEERS = [name for name in WARM if name != "hsign"]
#: Modules of Python that a peer is made of.
MODULES = {"pyHanko": "pyhanko", "signxml": "signxml", "rfc3161-client": "rfc3161_client"}
COMMANDS = {"OpenSSL": "openssl", "xmlsec1": "xmlsec1", "pdfsig": "pdfsig", "curl": "curl"}


@functools.cache
def installed(name):
    """Whether it can be measured; what is missing is told once, and is a failure under REQUIRE_ALL=1."""
    if name == "hsign":
        return True
    if name == "EU DSS":
        found = bool(os.environ.get("DSS_CLASS_PATH"))
    elif name in MODULES:
        found = importlib.util.find_spec(MODULES[name]) is not None
    else:
        found = shutil.which(COMMANDS[name]) is not None
    if not found:
        if os.environ.get("REQUIRE_ALL") == "1":
            raise RuntimeError(f"{name} is not installed")
        print(f"{name} is not installed: its rows are skipped", file=sys.stderr)
    return found


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
        if "error" in answer:
            raise RuntimeError(f"{self.name} could not do {words}: {answer['error']}")
        # A measurement of nothing is none.
        if "ms" in answer and not answer.get("work"):
            raise RuntimeError(f"{self.name} did no work at {words}")
        return answer

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=30)


def warm(name, testbed, person="doctor"):
    return Warm(name, [*WARM[name], str(testbed.folder), testbed.tsa, person])


def run(command, accepted=(0,), work=1):
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
    return {"ms": wall * 1e3, "cpu_ms": cpu * 1e3, "work": work}


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


def verifying(testbed, *words):
    return [HSIGN, "verify", *words, "--policy", "etsi", *judging(testbed)]


def hsign_verify(testbed, file):
    return run(verifying(testbed, file)) | {"work": file.stat().st_size}


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
