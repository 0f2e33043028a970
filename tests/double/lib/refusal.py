"""What vmrun says when it refuses, and what vmware.log holds about it."""


class Refusal(Exception):
    """said: behind "Error: " on stdout; logged: the reason, which vmrun does not tell."""

    def __init__(self, said, logged=None):
        super().__init__(said)
        self.said, self.logged = said, logged


def canceled(reason):
    return Refusal("The operation was canceled", reason)


def not_on(path):
    return Refusal(f"The virtual machine is not powered on: {path}")


def unreadable(path, reason):
    return Refusal(
        f"Cannot open VM: {path}, Cannot read the virtual machine configuration file", reason
    )


def not_found(path):
    return Refusal(f"Cannot open VM: {path}, The virtual machine cannot be found")
