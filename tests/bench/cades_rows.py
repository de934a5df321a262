"""CMS (W4): detached with a time stamp beside the peers, of 200 KB and 100 MB; then whole processes beside OpenSSL's,
whose verification looks at no revocation and whose signing checks nothing."""

import os

import processes
import programs
from bench import CMS, OURS, ROUNDS, SLOW
from sizes import scaled

MEGABYTES = scaled(100)
SIZES = (("200 KB", 200_000, ROUNDS), (f"{MEGABYTES} MB", MEGABYTES << 20, SLOW))


def rows(bench):
    for name, size, rounds in SIZES:
        content = random_file(bench.work / "content", size)
        in_process(bench, content, name, size, rounds)
        if programs.installed("OpenSSL"):
            beside_openssl(bench, content, name, size, rounds)
        content.unlink()


def random_file(path, size):
    block = os.urandom(min(size, 1 << 20))
    path.write_bytes((block * (size // len(block) + 1))[:size])
    return path


def in_process(bench, content, name, size, rounds):
    """Of a large content the limit is one pass of SHA-256."""
    large = size >= 1 << 20
    made = bench.work / "{peer}.p7s"
    ours = bench.ask(OURS, "sign-as", "cades-detached", "B-T", made, content)
    ours["hsign"]()
    limit = lambda *words: bench.ask(OURS, *(("file-pass", content) if large else words))["hsign"]
    bound, said = "one pass" if large else "limit", lambda found: found["hsign"].last["indication"]
    bench.compare(
        f"sign CAdES B-T, detached, {name}", rounds,
        ours | {bound: limit("file-sign-limit", made.with_name("hsign.p7s"), 1, content)}
        | bench.ask(CMS, "sign-as", "cades-detached", "B-T", made, content), said,
    )
    bench.compare(
        f"verify CAdES B-T, detached, {name}", rounds,
        bench.ask(OURS, "detached-verify", made, content)
        | {bound: limit("file-verify-limit", made.with_name("hsign.p7s"), content)}
        | bench.ask(CMS, "detached-verify", made, content), said,
    )


def beside_openssl(bench, content, name, size, rounds):
    testbed = bench.testbed
    detached, attached, ours, theirs = (
        bench.work / name for name in ("content.p7s", "content.p7m", "ours.p7s", "theirs.p7s")
    )
    person = testbed.folder / "people" / "doctor"
    openssl_sign = [
        "openssl", "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-in", content,
        "-signer", person / "certificate.pem", "-inkey", person / "key.pem",
        "-certfile", testbed.folder / "ca" / "hpki-signature-ca.pem",
    ]
    programs.run([*openssl_sign, "-out", detached])
    programs.run([*openssl_sign, "-stream", "-nodetach", "-out", attached])
    # Indefinite length, content in pieces.
    with attached.open("rb") as file:
        if file.read(2) != b"\x30\x80":
            raise RuntimeError("OpenSSL wrote no BER")
    if size >= 1 << 20:
        one_pass = {"one pass": bench.ask(OURS, "file-pass", content)["hsign"]}
        for what, ask in (
            ("sign CAdES B-B, beside", bench.ask(OURS, "sign-as", "cades-detached", "B-B", ours, content)),
            ("verify CAdES B-B, beside", bench.ask(OURS, "detached-verify", detached, content)),
            ("verify CAdES B-B, BER around", bench.ask(OURS, "file-verify", attached)),
        ):
            bench.compare(f"{what} {name}", rounds, ask | one_pass, lambda found: found["hsign"].last["indication"])
    openssl_verify = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-out", os.devnull,
        "-CAfile", testbed.folder / "ca" / "hpki-root.pem",
    ]
    for what, our, their in (
        ("sign CAdES B-B, beside", programs.signing(testbed, "B-B", content, ours), [*openssl_sign, "-out", theirs]),
        (
            "verify CAdES B-B, beside",
            programs.verifying(testbed, detached, "--content", content),
            [*openssl_verify, "-in", detached, "-content", content],
        ),
        ("verify CAdES B-B, BER around", programs.verifying(testbed, attached), [*openssl_verify, "-in", attached]),
    ):
        operations = {
            "hsign": lambda our=our: programs.run(our), "openssl cms": lambda their=their: programs.run(their)
        }
        peaks = processes.beside(our, "OpenSSL", their)
        bench.compare(f"{what} {name}, whole process", rounds, operations, lambda found: peaks)
    attached.unlink()
