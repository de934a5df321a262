"""Electronic prescriptions beside the bare verifications of signatures and the pass that they need."""

import programs
from bench import OURS, ROUNDS

PRESCRIPTION = (
    "SJ1\r\n1,1,1234567,13,試験病院\r\n2,東京都千代田区\r\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\r\n11,100,患者　花子,ｶﾝｼﾞｬ ﾊﾅｺ\r\n"
    + "".join(
        f"101,{number},1,,14\r\n111,{number},1,,1日3回毎食後,3\r\n201,{number},1,1,2,62{number:07},架空錠{number},3,1,錠\r\n"
        for number in range(1, 11)
    )
)
DISPENSING = "CJ1,\n1,患者　花子,2,19500504\n201,1,架空錠,3,錠,2,000000000,\n"


def rows(bench):
    testbed, work = bench.testbed, bench.work
    prescription, dispensing = work / "rx.csv", work / "disp.csv"
    prescription.write_bytes(PRESCRIPTION.encode())
    dispensing.write_bytes(DISPENSING.encode())
    signed, both, archived = (work / name for name in ("rx.xml", "disp.xml", "disp-archived.xml"))
    form = ["--format", "eprescription"]
    programs.run([*programs.signing(testbed, "B-B", prescription, signed), *form])
    sign_dispensing = programs.signing(testbed, "B-B", dispensing, both, person="pharmacist")
    programs.run([*sign_dispensing, *form, "--prescription", signed])
    programs.run([
        programs.HSIGN, "extend", both, "-o", archived, "--force", "--level", "B-LTA", "--policy", "etsi", "--no-fetch",
        "--tsa", testbed.tsa, *programs.judging(testbed),
    ])
    for what, file in (
        ("prescription at ES", signed),
        ("prescription and dispensing at ES", both),
        ("prescription and dispensing at ES-A", archived),
    ):
        operations = bench.ask(OURS, "file-verify", file)
        operations["limit"] = bench.ask(OURS, "file-verify-limit", file)["hsign"]
        bench.compare(f"verify {what}", ROUNDS, operations, counted)


def counted(found):
    verdict, limit = found["hsign"].last, found["limit"].last
    return f"{verdict['work']} bytes, {verdict['valid']} signatures, {limit['verifications']} verifications"
