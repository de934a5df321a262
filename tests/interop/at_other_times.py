"""What hsign makes, judged as if it were another day: certificates of signers and authorities end, archive time stamps carry on."""

import datetime

import dss
from forms import FORMS, Desk, Form, dss_files
from forms_by_them import brief
from testbed import LETTER

PDF = Form("PAdES", "PAdES", "pdf", (), ())
NAMES = ("CAdES detached", "XAdES enveloped", "ASiC-E with CAdES", "ASiC-E with XAdES")
#: Days after signing -> how a signature of B-T, and one of B-LTA, has to be judged then.
TIMES = {
    # The revocation lists of the test PKI are good for four days.
    "two days later": (2, "TOTAL-PASSED", "TOTAL-PASSED"),
    "a year later": (366, "INDETERMINATE", "TOTAL-PASSED"),
    "after the signer's certificate ended": (5 * 366, "INDETERMINATE", "TOTAL-PASSED"),
    "after the authority's certificate ended": (11 * 366, "INDETERMINATE", "INDETERMINATE"),
}


def judged_by_them(rows, testbed, peers):
    desk, made = Desk(testbed), datetime.datetime.now(datetime.UTC)
    for form in (PDF, *(form for form in FORMS if form.name in NAMES)):
        for place, level in enumerate(("B-T", "B-LTA")):
            out = testbed.work / f"later-{len(rows.rows)}{form.end}"
            if form is PDF:
                testbed.hsign_sign("P-384", level, testbed.document(LETTER), out)
            else:
                desk.sign(form, "P-384", level, out)
            for note, (days, *expected) in TIMES.items():
                what, at = f"{form.name} {level}, {note}", made + datetime.timedelta(days=days)
                rows.check("our later", "hsign", what, "hsign", lambda: ourselves(testbed, desk, form, out, at), expected[place])
                if peers.dss:
                    rows.check("our later", "hsign", what, "EU DSS",
                               lambda: theirs(peers.dss, desk, form, out, at, alone=level == "B-LTA" or days > 4), expected[place])


def ourselves(testbed, desk, form, out, at):
    found = testbed.hsign_verify(out, *desk.beside(form), "--at", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "--policy", "etsi")[0]
    return found["indication"], "; ".join(map(brief, found["signatures"]))


def theirs(peer, desk, form, out, at, alone):
    """What B-T lacks is fetched, while the lists are of that time."""
    options = {"content": dss_files(desk.content(form)), "at": int(at.timestamp())}
    options |= {"alone": "yes", "anchors": dss.ANCHORS} if alone else {}
    found = peer.ask("verify", file=out, **options)["signatures"]
    words = [f"{dss.short(each)} {each['indication']} {each['sub_indication'] or ''}" for each in found]
    return found[0]["indication"].replace("_", "-"), "; ".join(words)
