"""pdf.js in a real Chromium: does page 1 of each file open and show something?"""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

PAGE = pathlib.Path(__file__).with_name("pdfjs.html")
SECONDS = 120


class PdfJs:
    name = "pdf.js in Chromium"

    def __init__(self, _testbed):
        """It looks at files wherever they are."""

    def version(self):
        folder = os.environ.get("PDFJS")
        if not folder or not shutil.which("chromium"):
            return None
        return json.loads(pathlib.Path(folder, "package.json").read_text(encoding="utf-8"))["version"]

    def look_at(self, files):
        """For each (path, password or None) pages, dark pixels and signature fields, or the error."""
        listed = {f"{number}.pdf": file for number, file in enumerate(files)}
        answers, done = {}, threading.Event()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(listed, answers, done))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory(prefix="hsign-chromium-", ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            done.wait(SECONDS)
            browser.terminate()
            browser.wait(timeout=30)
        server.shutdown()
        return {path: answers.get(name, {"error": "no answer"}) for name, (path, _) in listed.items()}


def handler(listed, answers, done):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/":
                self.give("text/html", PAGE.read_bytes())
            elif self.path == "/list":
                names = [{"name": name, "password": password or ""} for name, (_, password) in listed.items()]
                self.give("application/json", json.dumps(names).encode())
            elif self.path.startswith("/file/") and self.path[6:] in listed:
                self.give("application/pdf", listed[self.path[6:]][0].read_bytes())
            elif self.path.startswith("/pdfjs/") and ".." not in self.path:
                file = pathlib.Path(os.environ["PDFJS"], self.path[7:])
                kind = "text/javascript" if file.suffix == ".mjs" else "application/octet-stream"
                self.give(kind, file.read_bytes()) if file.is_file() else self.send_error(404)
            else:
                self.send_error(404)

        def do_POST(self):
            name = self.path.partition("?")[2]
            answers[name] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.give("text/plain", b"")
            if not name:
                done.set()

        def give(self, kind, content):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Nothing: what counts is in the answers."""

    return Handler
