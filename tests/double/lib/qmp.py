"""QEMU's control socket, as much of it as the double needs."""

import json
import socket


class Qmp:
    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")
        self._answer("QMP")
        self.call("qmp_capabilities")

    def _answer(self, key):
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError("QEMU has closed its socket")
            message = json.loads(line)
            if "error" in message:
                raise ConnectionError(message["error"].get("desc", "error"))
            if key in message:
                return message[key]

    def call(self, command):
        self.file.write(json.dumps({"execute": command}).encode() + b"\n")
        self.file.flush()
        return self._answer("return")

    def close(self):
        self.file.close()
        self.socket.close()


def call(path, command):
    qmp = Qmp(path)
    try:
        return qmp.call(command)
    finally:
        qmp.close()
