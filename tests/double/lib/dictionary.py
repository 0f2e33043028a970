"""VMX files as VMware reads and writes them (open-vm-tools, lib/dict/dictll.c).

Strict: a name that comes twice, a line that is no assignment, bytes of another encoding: Unreadable.
Written on its own, without a look at labctl's reader, so that the two can disagree."""

import re

ASSIGNMENT = re.compile(
    rb"""^[ \t]*
    (?P<name>[^ \t=\#"\x00-\x1f]+)[ \t]*=[ \t]*
    (?: "(?P<quoted>[^"]*)" | (?P<bare>[^ \t\#"]*) )
    [ \t]*(?:\#.*)?$""",
    re.VERBOSE | re.DOTALL,
)
ENCODINGS = {"windows-949": "cp949", "windows-1252": "cp1252", "gbk": "gbk", "shift_jis": "cp932"}


class Unreadable(Exception):
    pass


def python_encoding(name):
    if name.lower() == "utf-8":
        return "utf-8"
    if name.lower() in ENCODINGS:
        return ENCODINGS[name.lower()]
    raise Unreadable(f"unknown encoding {name}")


def unescape(value):
    return re.sub(rb"\|([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), value)


def escape(value):
    return re.sub(
        r'["|\x00-\x08\x0a-\x1f\x7f]', lambda m: "|%02X" % ord(m[0]), value
    )


class Dictionary:
    """lines: (name, value) or (None, text of a blank line or comment), in the file's order."""

    def __init__(self, data):
        bom = data.startswith(b"\xef\xbb\xbf")
        raw = [self._line(i, x) for i, x in enumerate(self._split(data[3:] if bom else data), 1)]
        named = {n.lower(): v for n, v in raw if n is not None}
        self.declared = named.get(b".encoding", b"UTF-8").decode("ascii", "replace")
        encoding = "utf-8" if bom else python_encoding(self.declared)
        try:
            self.lines = [
                (None if n is None else n.decode(encoding), v.decode(encoding)) for n, v in raw
            ]
        except UnicodeDecodeError as e:
            raise Unreadable(f"bytes that are not {self.declared}: {e}") from e
        self._check_duplicates()

    @staticmethod
    def _split(data):
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        return [x[:-1] if x.endswith(b"\r") else x for x in lines]

    @staticmethod
    def _line(number, text):
        if re.match(rb"^[ \t]*(#|$)", text):
            return None, text
        match = ASSIGNMENT.match(text)
        if not match or b"\x00" in text:
            raise Unreadable(f"syntax error on line {number}")
        value = match["bare"] if match["quoted"] is None else match["quoted"]
        return match["name"], unescape(value)

    def _check_duplicates(self):
        seen = set()
        for name, _ in self.lines:
            if name is not None and name.lower() in seen:
                raise Unreadable(f"variable {name} is already defined")
            seen.add(name.lower() if name is not None else None)

    def get(self, name, default=None):
        for n, v in self.lines:
            if n is not None and n.lower() == name.lower():
                return v
        return default

    def boolean(self, name, default):
        value = self.get(name, "").upper()
        return default if value not in ("TRUE", "FALSE") else value == "TRUE"

    def number(self, name, default):
        """As strtol() with base 0 reads it: 010 is eight."""
        text = self.get(name, "").strip()
        try:
            return int(text, 8) if re.fullmatch(r"0[0-7]+", text) else int(text, 0)
        except ValueError:
            return default

    def set(self, name, value):
        for i, (n, _) in enumerate(self.lines):
            if n is not None and n.lower() == name.lower():
                self.lines[i] = (n, value)
                return
        self.lines.append((name, value))

    def default(self, name, value):
        if self.get(name) is None:
            self.set(name, value)

    def devices(self, pattern):
        """Names of devices ("sata0:1") that fit the pattern and are present."""
        found = []
        for n, _ in self.lines:
            match = n is not None and re.fullmatch(rf"({pattern})\.present", n, re.IGNORECASE)
            if match and self.boolean(n, False):
                found.append(match[1].lower())
        return sorted(found)

    def text(self, crlf, encoding, spell):
        out = []
        for name, value in self.lines:
            out.append(value if name is None else f'{spell(name)} = "{escape(value)}"')
        end = "\r\n" if crlf else "\n"
        return "".join(line + end for line in out).encode(encoding)


def load(path):
    with open(path, "rb") as f:
        return Dictionary(f.read())
