"""PDF/A files, signed, marked, renewed and amended by hsign: still PDF/A to veraPDF."""

from long_term import FONT


def judged_by_them(rows, testbed, peers):
    if not peers.verapdf or not FONT.exists():
        return
    for part in ("1", "2", "3"):
        plain = testbed.work / f"pdfa-{part}.pdf"
        peers.dss.ask("make-archival", out=plain, part=part, font=FONT)
        mark = ("--mark", "last:bottom-right", "--mark-font", FONT)
        signed, marked, renewed, second = (testbed.work / f"pdfa-{part}-{name}.pdf" for name in ("s", "m", "r", "2"))
        for what, out, make in (
            ("as it was made by PDFBox", plain, lambda: None),
            ("B-LTA", signed, lambda: testbed.hsign_sign("RSA-2048", "B-LTA", plain, signed)),
            ("B-LTA, renewed", renewed, lambda: testbed.hsign_extend(signed, renewed)),
            ("B-LTA with a visible mark", marked, lambda: testbed.hsign_sign("P-256", "B-LTA", plain, marked, options=mark)),
            ("a second signature with a mark", second, lambda: testbed.hsign_sign(
                "P-384", "B-LTA", marked, second, options=("--mark", "last:top-left", "--mark-font", FONT),
            )),
        ):

            def judge():
                make()
                accepted, said = peers.verapdf.accepts(out)
                return (said if accepted else f"broken: {said}"), said

            rows.check("our PDF/A", "hsign", f"PDF/A-{part}b, {what}", peers.verapdf.name, judge, f"PDF/A-{part}b")
