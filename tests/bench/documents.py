"""PDF files of any size, for what the testkit's documents are too small for; classic cross-reference tables."""


def scan_of(path, megabytes, pages=1):
    """Pages with one incompressible image each, so many MB together."""
    block = bytes(range(256)) * 4096
    with path.open("wb") as file:
        objects = Objects(file)
        kids = " ".join(f"{3 + 2 * page} 0 R" for page in range(pages))
        objects.add(b"<< /Type /Catalog /Pages 2 0 R >>")
        objects.add(f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode())
        for page in range(pages):
            blocks = megabytes * (page + 1) // pages - megabytes * page // pages
            objects.add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I %d 0 R >> >> >>"
                % (4 + 2 * page)
            )
            length = blocks * len(block)
            head = (
                b"<< /Type /XObject /Subtype /Image /Width 1024 /Height %d /ColorSpace /DeviceGray "
                b"/BitsPerComponent 8 /Length %d >>\nstream\n" % (length // 1024, length)
            )
            objects.add(head, *([block] * blocks), b"\nendstream")
        objects.end()
    return path


def objects_of(path, count):
    """One empty page, and so many objects in all that nothing refers to."""
    with path.open("wb") as file:
        objects = Objects(file)
        objects.add(b"<< /Type /Catalog /Pages 2 0 R >>")
        objects.add(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
        objects.add(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
        while len(objects.offsets) < count - 1:
            objects.add(b"<< /Some /Thing >>")
        objects.end()
    return path


class Objects:
    def __init__(self, file):
        self.file, self.offsets = file, []
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add(self, *parts):
        self.offsets.append(self.file.tell())
        self.file.write(b"%d 0 obj\n" % len(self.offsets))
        self.file.writelines(parts)
        self.file.write(b"\nendobj\n")

    def end(self):
        table, size = self.file.tell(), len(self.offsets) + 1
        self.file.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        self.file.writelines(b"%010d 00000 n \n" % place for place in self.offsets)
        self.file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, table))
