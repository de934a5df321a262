"""Containers of the sizes at both ends: one large file, and many small ones."""

import os

from measured import in_turn
from sizes import scaled

MEGABYTES = scaled(100)
FILES, BYTES = scaled(1000), 10_000


def containers(table, hsign, work, rounds):
    large = work / "large.bin"
    large.write_bytes(os.urandom(1 << 20) * MEGABYTES)
    folder = work / "small"
    folder.mkdir()
    small = [folder / f"{number}.bin" for number in range(FILES)]
    for path in small:
        path.write_bytes(os.urandom(BYTES))
    for what, files in ((f"one file of {MEGABYTES} MB", [large]), (f"{FILES} files of {BYTES // 1000} KB", small)):
        for form in ("asic-e-cades", "asic-e-xades"):
            container = work / f"{form}.asice"
            hsign.ask("sign-as", form, "B-B", container, *files)
            found = in_turn(
                rounds,
                ours=lambda: hsign.ask("file-verify", container),
                limit=lambda: hsign.ask("file-pass", *files),
            )
            name = {"asic-e-cades": "CAdES", "asic-e-xades": "XAdES"}[form]
            note = found["ours"].last["indication"]
            table.ratio(f"verify ASiC-E with {name}, {what}", found["ours"], "one pass over the files", found["limit"], note)
            container.unlink()
    large.unlink()
