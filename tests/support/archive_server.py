"""A publisher's server on this machine, with the faults of real ones."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from cardioprint.datasets.base import Database, Files


class Archive:
    """Files by path, what goes wrong with them, and who asked for what.

    `faults[path]` is a list; each request takes the first: ("status", code, headers),
    ("cut", bytes sent before the connection ends), ("other", content instead), ("to", address).
    """

    def __init__(self, files=None):
        self.files = dict(files or {})
        self.faults = defaultdict(list)
        self.asked = []
        self.login = None
        self.ranges = True
        self.tags = True
        self.pause = 0.0
        self.lengths = True
        self.address = ""

    def requests(self, path):
        return [headers for asked, headers in self.asked if asked == path]

    def sums(self, under=""):
        """Return a SHA256SUMS.txt of the files below a folder."""
        lines = [
            f"{hashlib.sha256(content).hexdigest()} {path.removeprefix(under)}\n"
            for path, content in self.files.items()
            if path.startswith(under) and not path.endswith("SHA256SUMS.txt")
        ]
        return "".join(lines).encode()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format, *args):
        pass

    def do_GET(self):
        archive = self.server.archive
        path = unquote(self.path)
        archive.asked.append((path, dict(self.headers)))
        fault = archive.faults[path].pop(0) if archive.faults[path] else ("", None)
        if fault[0] == "status":
            return self._head(fault[1], {"Content-Length": "0", **fault[2]})
        if fault[0] == "to":
            return self._head(302, {"Location": fault[1], "Content-Length": "0"})
        if archive.login:
            right = "Basic " + base64.b64encode(":".join(archive.login).encode()).decode()
            if self.headers.get("Authorization") != right:
                return self._head(401, {"WWW-Authenticate": "Basic realm=x", "Content-Length": "0"})
        if path not in archive.files:
            return self._head(404, {"Content-Length": "0"})
        return self._body(archive, path, fault)

    def _body(self, archive, path, fault):
        content = fault[1] if fault[0] == "other" else archive.files[path]
        tag = '"' + hashlib.sha1(content).hexdigest() + '"'
        headers = {"ETag": tag} if archive.tags else {}
        wanted = self.headers.get("Range", "") if archive.ranges else ""
        if self.headers.get("If-Range", tag) != tag:
            wanted = ""
        first, status = 0, 200
        if wanted:
            first, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            if first >= len(content):
                total = f"bytes */{len(content)}"
                return self._head(416, {"Content-Range": total, "Content-Length": "0"})
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        body = content[first:]
        if archive.lengths:
            headers["Content-Length"] = str(len(body))
        self._head(status, headers)
        if fault[0] == "cut":
            body = body[: fault[1]]
            self.close_connection = True
        for at in range(0, len(body), 1 << 14):
            self.wfile.write(body[at : at + (1 << 14)])
            time.sleep(archive.pause)
        return None

    def _head(self, status, headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()


@contextmanager
def serve(archive):
    """Serve an archive in a thread; its `address` ends in a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.archive, server.daemon_threads = archive, True
    archive.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()


def database(where="", *, find=None, **more):
    """Return a database whose files lie at an address."""
    files = {"kind": "physionet", "where": where, **more.pop("files", {})}
    facts = {
        "name": "toy",
        "title": "Toy recordings [of nobody]",
        "publisher": "nobody",
        "version": "1.0",
        "licence": "CC BY 4.0",
        "access": "open",
        "citation": "Nobody. Nothing. 2020",
        "document": "https://example.org/toy",
        "find": find or (lambda folder: iter(())),
        "read": lambda entry: iter(()),
    }
    return Database(**{**facts, **more}, files=Files(**files))


def zenodo(archive, files):
    """Return the JSON of a Zenodo record."""
    entries = [
        {
            "key": name,
            "size": len(content),
            "checksum": "md5:" + hashlib.md5(content).hexdigest(),
            "links": {"self": f"{archive.address}{name}/content"},
        }
        for name, content in files.items()
    ]
    return json.dumps({"id": 7, "files": entries}).encode()
