"""virsh itself: its own options, its commands, and what it writes."""

import _signal as signal
import sys

import virsh_commands
import virsh_lost
import virsh_volumes
import virsh_words
from libvirtd.store import Refused
from virsh_calls import Failed
from virsh_words import Wrong


def complain(*texts):
    sys.stdout.flush()
    sys.stderr.write("".join(f"error: {t}\n" for t in texts if t))
    sys.stderr.flush()


def connect(uri):
    scheme, _, path = uri.partition("://")
    if not scheme.startswith("qemu"):
        raise Refused(f"no connection driver available for {uri}")
    if uri != virsh_commands.CONNECTION:
        raise Refused(f"internal error: unexpected qemu URI path '{path}', try qemu:///system")
    if virsh_lost.refused():
        raise Refused(virsh_lost.SOCKET)


def parse(words):
    """(uri, commands). Options of virsh itself stand before the command."""
    uri = virsh_commands.CONNECTION
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-c", "--connect") and words:
            uri = words.pop(0)
        elif word not in ("-q", "--quiet"):
            raise Wrong(f"unsupported option '{word}'. See --help.")
    return uri, virsh_words.split(words[0]) if len(words) == 1 else [words]


def prepared(commands):
    """All are looked at before the first one runs."""
    ready = []
    for name, *words in commands:
        if name not in virsh_commands.COMMANDS:
            raise Wrong(f"unknown command: '{name}'")
        known, function = virsh_commands.COMMANDS[name]
        ready.append((name, function, virsh_words.options(name, known.split(), words)))
    return ready


def run(name, function, given):
    """Its status."""
    if name != "echo" and virsh_lost.refused():
        complain("Failed to reconnect to the hypervisor", virsh_lost.SOCKET)
        return 1
    try:
        more = (sys.stdout.write,) if function is virsh_volumes.info else ()
        sys.stdout.write(virsh_lost.call(name, function, given, *more) or "")
    except Failed as failed:
        complain(*failed.args)
        return 1
    except (Refused, Wrong) as refused:
        complain(str(refused))
        return 1
    return 0


def main(words):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    status = 1
    try:
        uri, commands = parse(words)
        try:
            connect(uri)
        except Refused as refused:
            complain("failed to connect to the hypervisor", str(refused))
            return 1
        for words_ in prepared(commands):
            status = run(*words_)
    except Wrong as wrong:
        complain(str(wrong))
    sys.stdout.flush()
    return status
