"""Time-stamp tokens (W6) over 200 KB: judged with the lists of the authorities, beside peers of whom rfc3161-client and
OpenSSL look at no revocation."""

import programs
from bench import OURS, ROUNDS, TOKEN
from cades_rows import random_file


def rows(bench):
    content = random_file(bench.work / "stamped", 200_000)
    token = bench.work / "stamped.tst"
    bench.hsign.ask("token", content, token)
    limit = bench.ask(OURS, "file-verify-limit", token, content)["hsign"]
    bench.compare(
        "verify a token and what it is over, 200 KB", ROUNDS,
        bench.ask(OURS, "detached-verify", token, content) | {"limit": limit}
        | bench.ask(TOKEN, "token-verify", token, content),
        lambda found: f"{found['hsign'].last['indication']}; {found['limit'].last['verifications']} verifications",
    )
    if programs.installed("OpenSSL"):
        authorities = bench.testbed.folder / "ca"
        theirs = [
            "openssl", "ts", "-verify", "-token_in", "-in", token, "-data", content,
            "-CAfile", authorities / "tsa-root.pem", "-untrusted", authorities / "tsa-ca.pem",
        ]
        ours = programs.verifying(bench.testbed, token, "--content", content)
        operations = {"hsign": lambda: programs.run(ours), "openssl ts": lambda: programs.run(theirs)}
        bench.compare("verify a token and what it is over, 200 KB, whole process", ROUNDS, operations)
