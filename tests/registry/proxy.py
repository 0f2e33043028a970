#!/usr/bin/python3
"""A registry's front as bad as real ones, before the real registry; and a token service.

usage: proxy.py REGISTRY-PORT FOLDER

Listens on three free ports of 127.0.0.1, written to FOLDER/ports: front, other, token.
  front  passes to the registry. Uploads get an absolute Location on `other`, blobs are redirected to
         it, lists come by two with a relative Link. While FOLDER/breaks has a number n > 0, the next n
         bodies are broken off in the middle, and the session is gone as distribution 2.8 has it.
  other  is reached as "localhost": another host. Credentials that arrive there are a violation.
  token  gives JWTs for user lab, password lab, as distribution's docs/spec/auth/token.md; they last 60 s.
Violations go to FOLDER/violations, requests to FOLDER/requests.
"""
import base64
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

registry = int(sys.argv[1])
folder = sys.argv[2]
ports = {}
lock = threading.Lock()


def note(name, text):
    with lock, open(f"{folder}/{name}", "a") as f:
        f.write(text + "\n")


def take_break():
    with lock:
        try:
            with open(f"{folder}/breaks") as f:
                n = int(f.read() or 0)
        except FileNotFoundError:
            n = 0
        if n > 0:
            with open(f"{folder}/breaks", "w") as f:
                f.write(str(n - 1))
        return n > 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while True:
                n = int(self.rfile.readline().split(b";")[0], 16)
                data += self.rfile.read(n)
                self.rfile.readline()
                if n == 0:
                    return data
        if self.command in ("POST", "PUT", "PATCH") and "Content-Length" not in self.headers:
            note("violations", f"{self.command} {self.path}: neither length nor chunks")
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, headers=(), data=b""):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def forward(self, path, data):
        keep = ("Content-Type", "Accept", "Range", "Authorization")
        headers = {k: v for k, v in self.headers.items() if k in keep}
        link = http.client.HTTPConnection("127.0.0.1", registry)
        link.request(self.command, path, data, headers)
        reply = link.getresponse()
        return reply, reply.read()

    def handle_any(self):
        note("requests", f"{self.here} {self.command} {self.path}")
        getattr(self, "on_" + self.here)()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any

    @property
    def here(self):
        return next(k for k, v in ports.items() if v == self.server.server_port)

    def relay(self, path, data):
        reply, text = self.forward(path, data)
        headers = [
            (k, v)
            for k, v in reply.getheaders()
            if k not in ("Content-Length", "Date", "Location", "Transfer-Encoding", "Connection")
        ]
        location = reply.getheader("Location")
        if location:
            parts = urllib.parse.urlsplit(location)
            location = parts.path + ("?" + parts.query if parts.query else "")
            if "/uploads/" in location:
                location = f"http://localhost:{ports['other']}{location}"
            headers.append(("Location", location))
        if self.command == "HEAD":
            self.send_response(reply.status)
            for key, value in headers + [("Content-Length", reply.getheader("Content-Length") or "0")]:
                self.send_header(key, value)
            self.end_headers()
        else:
            self.answer(reply.status, headers, text)

    def on_front(self):
        path, _, query = self.path.partition("?")
        if self.command == "GET" and "/blobs/sha256:" in path:
            self.answer(307, [("Location", f"http://localhost:{ports['other']}{self.path}")])
        elif path.endswith("/_catalog"):
            self.catalog(urllib.parse.parse_qs(query))
        else:
            self.relay(self.path, self.body())

    def catalog(self, query):
        self.path = "/v2/_catalog?n=1000"
        _, text = self.forward(self.path, b"")
        names = json.loads(text)["repositories"]
        last = query.get("last", [""])[0]
        rest = [n for n in names if n > last]
        headers = [("Content-Type", "application/json")]
        if len(rest) > 2:
            headers.append(("Link", f'</v2/_catalog?n=2&last={rest[1]}>; rel="next"'))
        self.answer(200, headers, json.dumps({"repositories": rest[:2]}).encode())

    def on_other(self):
        if self.headers.get("Authorization"):
            note("violations", f"credentials at another host: {self.command} {self.path}")
        if self.command in ("PUT", "PATCH") and self.headers.get("Content-Length") != "0" and take_break():
            self.rfile.read(100)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.close_connection = True
            self.connection.close()
            note("requests", "broken off")
            return
        if self.command == "GET" and take_break():
            reply, text = self.forward(self.path, b"")
            self.send_response(reply.status)
            for key in ("Content-Range", "Content-Type", "Content-Length"):
                if reply.getheader(key):
                    self.send_header(key, reply.getheader(key))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2])
            self.wfile.flush()
            self.close_connection = True
            note("requests", "broken off")
            return
        self.relay(self.path, self.body())

    def on_token(self):
        user = base64.b64decode(self.headers.get("Authorization", "Basic ")[6:]).decode()
        if user and user != "lab:lab":
            self.answer(401, [], b'{"errors": [{"code": "UNAUTHORIZED"}]}')
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":")
            allowed = [a for a in actions.split(",") if user or a == "pull"]
            access.append({"type": kind, "name": name, "actions": allowed})
        now = int(time.time())
        claims = {
            "iss": "labctl test",
            "sub": "lab",
            "aud": query["service"][0],
            "exp": now + 60,
            "nbf": now - 10,
            "iat": now,
            "jti": str(now),
            "access": access,
        }
        token = jwt(claims)
        self.answer(200, [("Content-Type", "application/json")], json.dumps({"access_token": token}).encode())


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims):
    with open(f"{folder}/token.crt") as f:
        chain = ["".join(f.read().split("-----")[2].split())]
    head = {"typ": "JWT", "alg": "RS256", "x5c": chain}
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
    sign = ["openssl", "dgst", "-sha256", "-sign", f"{folder}/token.key"]
    return text + "." + b64(subprocess.run(sign, input=text.encode(), capture_output=True, check=True).stdout)


servers = []
for name in ("front", "other", "token"):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ports[name] = server.server_port
    servers.append(server)
with open(f"{folder}/ports.part", "w") as f:
    f.write(" ".join(str(p) for p in ports.values()) + "\n")
os.rename(f"{folder}/ports.part", f"{folder}/ports")
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
