"""PDF files of any size, for what the testkit's documents are too small for."""


def scan_of(path, megabytes):
    """One page with one incompressible image of so many MB, classic cross-reference table."""
    block = bytes(range(256)) * 4096
    length = megabytes * len(block)
    offsets = []
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

        def begin(number):
            offsets.append(file.tell())
            file.write(b"%d 0 obj\n" % number)

        for number, content in enumerate(
            (
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I 4 0 R >> >> >>",
            ),
            start=1,
        ):
            begin(number)
            file.write(content + b"\nendobj\n")
        begin(4)
        file.write(
            b"<< /Type /XObject /Subtype /Image /Width 1024 /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
            b"/Length %d >>\nstream\n" % (length // 1024, length)
        )
        for _ in range(megabytes):
            file.write(block)
        file.write(b"\nendstream\nendobj\n")
        table = file.tell()
        file.write(b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in offsets))
        file.write(b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table)
    return path
