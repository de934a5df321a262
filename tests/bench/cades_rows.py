"""CMS around and beside 100 MB: to the result beside one pass of SHA-256, and whole processes beside OpenSSL's, whose
verification looks at no revocation and whose signing checks nothing."""

import os

import processes
import programs
from measured import in_turn
from sizes import scaled

MEGABYTES = scaled(100)


def large_cms(table, testbed, hsign, work, rounds):
    content, detached, attached, ours, theirs = (
        work / name for name in ("content", "content.p7s", "content.p7m", "ours.p7s", "theirs.p7s")
    )
    content.write_bytes(os.urandom(1 << 20) * MEGABYTES)
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
    found = in_turn(
        rounds,
        sign=lambda: hsign.ask("sign-as", "cades-detached", "B-B", ours, content),
        detached=lambda: hsign.ask("detached-verify", detached, content),
        attached=lambda: hsign.ask("file-verify", attached),
        limit=lambda: hsign.ask("file-pass", content),
    )
    for operation, what in (
        ("sign", "sign CAdES B-B, beside"),
        ("detached", "verify CAdES, beside"),
        ("attached", "verify CAdES, BER around"),
    ):
        note = found[operation].last["indication"]
        table.ratio(f"{what} {MEGABYTES} MB", found[operation], "one pass", found["limit"], note)
    openssl_verify = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-out", os.devnull,
        "-CAfile", testbed.folder / "ca" / "hpki-root.pem",
    ]
    verify = [programs.HSIGN, "verify", "--policy", "etsi", *programs.judging(testbed)]
    sign = programs.signing(testbed, "B-B", content, ours)
    pairs = (
        ("sign CAdES B-B, beside", sign, [*openssl_sign, "-out", theirs]),
        (
            "verify CAdES, beside",
            [*verify, detached, "--content", content],
            [*openssl_verify, "-in", detached, "-content", content],
        ),
        ("verify CAdES, BER around", [*verify, attached], [*openssl_verify, "-in", attached]),
    )
    for what, our, their in pairs:
        found = in_turn(rounds, ours=lambda: programs.run(our), openssl=lambda: programs.run(their))
        what, note = f"{what} {MEGABYTES} MB, whole process", processes.beside(our, "OpenSSL", their)
        table.ratio(what, found["ours"], "openssl cms", found["openssl"], note)
    for file in (content, attached):
        file.unlink()
