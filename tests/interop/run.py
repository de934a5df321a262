"""Other implementations judge what hsign makes, and hsign judges what they make."""

import os
import pathlib
import sys
import time

import differential
import forms_by_them
import forms_by_us
import forms_differential
import long_term
import ours
import records
import table
import theirs
import theirs_lasting
from dss import Dss
from judges import Openssl, Pdfsig, PyHanko
from pdfjs import PdfJs
from readers import Mutool, Qpdf
from testbed import Testbed


def main():
    rows, begun = table.Rows(), time.monotonic()
    with Testbed() as testbed:
        pdfsig, pyhanko, openssl, dss, pdfjs = judges = [
            Pdfsig(testbed), PyHanko(testbed), Openssl(testbed), Dss(testbed), PdfJs()
        ]
        judges += [Mutool(testbed), Qpdf(testbed), forms_by_them.Xmlsec(testbed)]
        versions = [(judge.name, judge.version()) for judge in judges]
        installed = [judge for judge, (_, version) in zip(judges, versions) if version]
        for judge in judges:
            if judge not in installed:
                rows.missing("ours", "everything", judge.name)
        of_signatures = [judge for judge in (pdfsig, pyhanko, openssl, dss) if judge in installed]
        ours.judged_by_them(rows, testbed, of_signatures, pyhanko in installed)
        if openssl in installed:
            ours.tokens(rows, testbed, openssl)
        peers = (dss if dss in installed else None, pyhanko if pyhanko in installed else None)
        long_term.judged_by_them(rows, testbed, *peers, pdfjs)
        if pyhanko in installed:
            theirs.judged_by_us(rows, testbed)
        theirs_lasting.judged_by_us(rows, testbed, *peers)
        if openssl in installed:
            theirs.openssl_tokens(rows, testbed)
        forms = (peers[0], openssl if openssl in installed else None)
        forms_by_them.judged_by_them(rows, testbed, *forms)
        records.judged_by_them(rows, testbed, peers[0])
        forms_by_us.judged_by_us(rows, testbed, *forms)
        if peers[0]:
            records.judged_by_us(rows, testbed, peers[0])
        differential.run(rows, testbed, [judge for judge in of_signatures if judge is not dss], pyhanko in installed)
        forms_differential.run(rows, testbed, *forms)
        dss.close()
    if rows.count("skipped"):
        print(f"remark: not everybody is installed, {table.PAGE} stays as it is")
    else:
        table.publish(table.page(rows, versions), pathlib.Path(os.environ["INTEROP"]))
    print(f"took {time.monotonic() - begun:.0f} s")
    print(rows.summary())
    # A run in which nothing was judged has shown nothing.
    return 1 if rows.count("failed") or not rows.count("passed") else 0


if __name__ == "__main__":
    sys.exit(main())
