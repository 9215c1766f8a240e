"""A small HTTP front over chDB that speaks enough of ClickHouse's protocol for its unmodified client.

Run as a program with a folder; prints its port. chDB allows one folder per process, so the front has its own.
"""

# ruff: noqa: E501 - a row of data reads best on one line
from __future__ import annotations

import sys
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

# Parameters of the HTTP interface itself; chDB knows only the settings.
_OURS = {"database", "query", "user", "password", "default_format", "query_id", "client_protocol_version", "compress",
         "wait_end_of_query", "buffer_size", "session_id", "enable_http_compression", "send_progress_in_http_headers"}  # fmt: skip
_SESSION = Session(sys.argv[1])
_TURN = threading.Lock()


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(body)

    def _chunks(self):
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            for part in message.get_payload():
                name = part.get_param("name", header="content-disposition")
                given[name] = part.get_payload(decode=True).decode()
            body = b""
        elif kind.startswith("application/x-www-form-urlencoded") and b"=" in body[:64]:
            given.update(parse_qsl(body.decode(), keep_blank_values=True))
            body = b""
        try:
            self._reply(200, self._run(given, body))
        except Exception as error:
            self._reply(500, str(error).encode())

    def _run(self, given: dict[str, str], body: bytes) -> bytes:
        sql = given.get("query", "").encode()
        if not sql:
            sql, body = body, b""
        params = {name[6:]: value for name, value in given.items() if name.startswith("param_")}
        settings = {k: v for k, v in given.items() if k not in _OURS and not k.startswith("param_")}
        statement, _, data = sql.partition(b"\n") if sql.upper().startswith(b"INSERT") else (sql, b"", body)
        text = statement.decode()
        if text.upper().startswith("INSERT"):
            head, _, fmt = text.rpartition(" FORMAT ")
            with _TURN:
                _apply(settings)
                inserter = _SESSION.send_insert(head, fmt.strip())
                inserter.append(data + body if data is not body else body)
                inserter.finish()
            return b""
        head, _, fmt = text.rstrip().rpartition(" FORMAT ")
        with _TURN:
            return _SESSION.query(
                _with_settings(head or text, settings), fmt if head else "TabSeparated", params=params
            ).bytes()

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 200:
            self.send_header("X-ClickHouse-Exception-Code", "1")
        self.send_header("X-ClickHouse-Summary", "{}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _quoted(value: str) -> str:
    return value if value.lstrip("-").replace(".", "").isdigit() else "'" + value.replace("'", "\\'") + "'"


def _apply(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        _SESSION.query(f"SET {name} = {_quoted(value)}", "Null")


def _with_settings(sql: str, settings: dict[str, str]) -> str:
    if not settings or not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return sql
    return sql + " SETTINGS " + ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
