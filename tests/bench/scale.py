"""The archive at the size of a national institution: many files for real, and the batches of 1,000,000,000 documents,
whose time stamps are renewed without any of their leaves. Prints what each step took and the most memory so far of the one
process that did it. SCALE=n divides every count by n."""

import os
import pathlib
import tempfile

import programs

DIVIDED = int(os.environ.get("SCALE", "1"))
THREADS = os.cpu_count()
#: Documents of a batch, as the archive closes one.
BATCH = 65_536


def main():
    with tempfile.TemporaryDirectory(prefix="hsign-scale-", dir=os.environ.get("SCALE_FOLDER")) as folder:
        work = pathlib.Path(folder)
        testbed = programs.Testbed(work / "pki")
        many_files(testbed, work / "large", 20_000 // DIVIDED, 100_000)
        many_files(testbed, work / "small", 1_000_000 // DIVIDED, 1_000)
        many_batches(testbed, work / "batches", -(-1_000_000_000 // BATCH) // DIVIDED)
        testbed.close()


def many_files(testbed, folder, count, size):
    """Taken, put into batches, stamped, and years later renewed."""
    documents = made(folder, count, size)
    hsign, home = programs.warm("hsign", testbed), folder / "archive"
    name = f"{count} files of {size} octets"
    hsign.ask("archive-make", home, BATCH)
    told(f"{name}: taken", hsign, hsign.ask("archive-add", home, documents, THREADS), count)
    told(f"{name}: sealed, stamped and read again", hsign, hsign.ask("archive-age", home), count)
    told(f"{name}: renewed", hsign, hsign.ask("archive-renew", home), count)
    hsign.close()


def many_batches(testbed, folder, count):
    """Of one document each: renewing a batch's time stamp reads no leaf."""
    documents = made(folder, count, 100)
    hsign, home = programs.warm("hsign", testbed), folder / "archive"
    name = f"{count} batches ({count * BATCH} documents)"
    hsign.ask("archive-make", home, 1)
    told(f"{name}: taken", hsign, hsign.ask("archive-add", home, documents, THREADS), count)
    told(f"{name}: stamped", hsign, hsign.ask("archive-age", home), count)
    renewed = hsign.ask("archive-renew", home)
    told(f"{name}: renewed", hsign, renewed, count)
    if renewed["work"] != count or renewed["requests"] != 1:
        raise SystemExit(f"{renewed['work']} of {count} batches renewed with {renewed['requests']} time stamps")
    hsign.close()


def made(folder, count, size):
    documents = folder / "documents"
    documents.mkdir(parents=True)
    for number in range(count):
        (documents / f"{number:07}.txt").write_bytes(f"document {number}\n".encode().ljust(size, b"."))
    return documents


def told(what, hsign, answer, count):
    seconds, peak = answer["ms"] / 1e3, hsign.ask("peak")["peak_kib"] / 1024
    rate = count / seconds
    print(f"{what}: {seconds:.1f} s ({answer['cpu_ms'] / 1e3:.1f} s of processors), {rate:.0f} per second, peak {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
