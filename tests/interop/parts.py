"""The parts of a run, each of which can be asked for alone; the longest ones first."""

import amendments
import archival
import archive_exports
import at_other_times
import changed
import differential
import forms_by_them
import forms_by_us
import forms_differential
import later_changes
import long_term
import ours
import prescriptions
import records
import records_differential
import theirs
import theirs_lasting
from testbed import LETTER, OBJECT_STREAMS


def our_pdfs(rows, testbed, peers):
    ours.judged_by_them(rows, testbed, peers)
    long_term.judged_by_them(rows, testbed, peers)
    archival.judged_by_them(rows, testbed, peers)
    others = [peer for peer in (peers.pyhanko, peers.pdfsig, peers.openssl) if peer]
    for key, level, document in (("RSA-2048", "B-T", LETTER), ("P-256", "B-T", OBJECT_STREAMS), ("P-384", "B-LTA", LETTER)):
        signed = testbed.work / f"to-be-changed-{key}.pdf"
        testbed.hsign_sign(key, level, testbed.document(document), signed)
        changed.of_pdfs(rows, testbed, peers, "hsign", f"PAdES {level}, {key}, {document}", signed, others)


def their_pdfs(rows, testbed, peers):
    theirs.judged_by_us(rows, testbed, peers)
    theirs_lasting.judged_by_us(rows, testbed, peers)


def evidence(rows, testbed, peers):
    ours.tokens(rows, testbed, peers)
    theirs.openssl_tokens(rows, testbed, peers)
    records.judged_by_them(rows, testbed, peers)
    records.judged_by_us(rows, testbed, peers)
    records.in_containers(rows, testbed, peers)
    archive_exports.judged_by_them(rows, testbed, peers)
    archive_exports.after_years(rows, testbed, peers)
    records_differential.run(rows, testbed, peers)


def clinical(rows, testbed, peers):
    prescriptions.judged_by_them(rows, testbed, peers)
    amendments.judged_by_them(rows, testbed, peers)
    at_other_times.judged_by_them(rows, testbed, peers)


PARTS = {
    "their-forms": forms_by_us.judged_by_us,
    "our-forms": forms_by_them.judged_by_them,
    "our-pdfs": our_pdfs,
    "their-pdfs": their_pdfs,
    "changed-forms": forms_differential.run,
    "changed-pdfs": differential.run,
    "later-changes": later_changes.judged_by_us,
    "clinical": clinical,
    "evidence": evidence,
}
