"""XML as libvirt reads and writes it. expat without namespaces, so that prefixes stay as they were."""

import pyexpat

from .store import Refused


class Element:
    def __init__(self, name, attributes=None, text="", children=None):
        self.name, self.attributes, self.text = name, attributes or {}, text
        self.children = children or []

    def get(self, name):
        return self.attributes.get(name)

    def all(self, name):
        return [c for c in self.children if c.name == name]

    def child(self, *names):
        """The first of this path; an empty element, which is in no tree, when there is none."""
        at = self
        for name in names:
            at = next((c for c in at.children if c.name == name), NOTHING)
        return at

    def keep(self, *names):
        """Children of these names, in the order of the names."""
        return [c for name in names for c in self.children if c.name == name]

    def __bool__(self):
        return self is not NOTHING


NOTHING = Element("")


def parse(text, what, root):
    """what: libvirt's word for such a document in messages."""
    if not text:
        raise Refused(f"({what}):1: Document is empty\n(null)\n^")
    stack = [Element("")]
    parser = pyexpat.ParserCreate()

    def start(name, attributes):
        element = Element(name, attributes)
        stack[-1].children.append(element)
        stack.append(element)

    def end(_):
        element = stack.pop()
        if element.children and not element.text.strip():
            element.text = ""

    def data(text):
        stack[-1].text += text

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    try:
        parser.Parse(text, True)
    except pyexpat.ExpatError as error:
        raise Refused(f"({what}):{error.lineno}: {pyexpat.errors.messages[error.code]}") from None
    top = stack[0].children[0]
    if top.name != root:
        raise Refused(f"XML error: expecting root element of '{root}', not '{top.name}'")
    return top


def escaped(text, quote):
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&apos;") if quote == "'" else text.replace('"', "&quot;")


def put(element, indent="", quote="'"):
    """metadata is written by libxml2, hence in other quotes than the rest."""
    words = [element.name] + [f"{k}={quote}{escaped(v, quote)}{quote}" for k, v in element.attributes.items()]
    inner = '"' if element.name == "metadata" else quote
    head = indent + "<" + " ".join(words)
    if element.children:
        lines = [put(c, indent + "  ", inner) for c in element.children]
        return f"{head}>\n{''.join(lines)}{indent}</{element.name}>\n"
    if element.text:
        return f"{head}>{escaped(element.text, quote)}</{element.name}>\n"
    return head + "/>\n"


def uuid_of(element, complaint):
    """Its UUID in libvirt's spelling, or a new one."""
    given = element.child("uuid")
    digits = given.text.replace("-", "").strip().lower() if given else fresh().hex()
    if len(digits) != 32 or digits.strip("0123456789abcdef"):
        raise Refused(complaint)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def check_identity(kind, name, uuid, known):
    """known: (name, UUID) of all there are. Both together are redefined; one alone belongs to another."""
    for other, is_uuid in known:
        if is_uuid == uuid and other != name:
            raise Refused(f"operation failed: {kind} '{other}' is already defined with uuid {uuid}")
        if is_uuid != uuid and other == name:
            raise Refused(f"operation failed: {kind} '{other}' already exists with uuid {is_uuid}")


def fresh():
    import os

    return os.urandom(16)


def random_mac():
    return "52:54:00:" + ":".join(f"{b:02x}" for b in fresh()[:3])


def check_name(name, what):
    if "/" in name:
        raise Refused(f"XML error: name {name} cannot contain '/'")
    if not name:
        raise Refused(what)
    return name
