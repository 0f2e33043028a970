"""virsh's own shell: lines of commands, and the words of one."""


class Wrong(Exception):
    """What virsh itself writes behind "error: "; no command runs."""


def split(text):
    """Commands, as lists of words, of what is one argument for virsh."""
    commands, words, word, quote, at = [], [], None, None, 0
    while at < len(text):
        c = text[at]
        at += 1
        if quote == "'" and c != "'" or quote == '"' and c not in '"\\':
            word += c
        elif quote:
            if c == "\\":
                word, at = word + text[at : at + 1], at + 1
            else:
                quote = None
        elif c in "'\"":
            quote, word = c, word or ""
        elif c == "\\":
            word, at = (word or "") + text[at : at + 1], at + 1
        elif c in " \t\n;":
            words += [word] if word is not None else []
            word = None
            if c in "\n;":
                commands, words = commands + [words], []
        elif c == "#" and word is None:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        else:
            word = (word or "") + c
    if quote == '"':
        raise Wrong('missing "')
    commands.append(words + ([word] if word is not None else []))
    return [c for c in commands if c]


def options(command, known, words):
    """The options of a command by their names. known: "name" must be given, "name?" may be, "name!" has
    no value, "name*" takes all the rest."""
    kinds = {k.rstrip("?!*"): k[-1] if k[-1] in "?!*" else "" for k in known}
    places = [k for k in kinds if kinds[k] != "!"]
    given, words = {}, list(words)
    plain = False
    while words:
        word = words.pop(0)
        if word == "--" and not plain:
            plain = True
        elif word.startswith("--") and not plain and len(word) > 2:
            take(command, kinds, given, word[2:], words)
        else:
            free = [k for k in places if k not in given or kinds[k] == "*"]
            if not free:
                raise Wrong(f"unexpected data '{word}'")
            given.setdefault(free[0], []).append(word)
    for name, kind in kinds.items():
        if kind == "" and name not in given:
            raise Wrong(f"command '{command}' requires <{name}> option")
    return {name: values if kinds[name] == "*" else values[0] for name, values in given.items()}


def take(command, kinds, given, word, words):
    name, equals, value = word.partition("=")
    if name not in kinds:
        raise Wrong(f"command '{command}' doesn't support option --{name}")
    if kinds[name] == "!":
        given[name] = [True]
        return
    if name in given and kinds[name] != "*":
        raise Wrong(f"option --{name} already seen")
    if not equals:
        if not words:
            raise Wrong(f"expected syntax: --{name} <string>")
        value = words.pop(0)
    given.setdefault(name, []).append(value)
