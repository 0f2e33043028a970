#!/usr/bin/python3
"""usage: cloud_texts.py GOLDEN WORK

Gives the golden user-data and network-config to cloud-init's own code, found through PYTHONPATH: its
schema, its merging of MIME parts, its network renderers. One "ok" or "FAILED" line for each; exit
status 1 when one failed.
"""
import contextlib
import copy
import email
import io
import pathlib
import re
import sys
import traceback

import yaml
from cloudinit import handlers, user_data
from cloudinit.cmd.devel import net_convert
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
from cloudinit.distros import fetch, ug_util
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.handlers.shell_script import ShellScriptPartHandler
from cloudinit.settings import PER_INSTANCE

FIRST_BOOT = "/usr/local/lib/labctl/first-boot"
PER_INSTANCE = "/var/lib/cloud/scripts/per-instance/00-labctl"
IDENTITY = ("hostname", "preserve_hostname", "manage_etc_hosts", "ssh_deletekeys", "ssh_keys")
# Renderer and a distribution that uses it.
RENDERERS = {
    "netplan": "ubuntu",
    "eni": "debian",
    "network-manager": "fedora",
    "networkd": "arch",
    "sysconfig": "rhel",
}
# As 22.4 writes it, and as 25.1 does.
GATEWAY = "(?:gateway4?|via)[ :=]+%s"
failures = 0


def case(what, function, *args):
    global failures
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            function(*args)
        print("ok      " + what)
    except (Exception, SystemExit):
        failures += 1
        print("FAILED  " + what)
        for line in (said.getvalue() + traceback.format_exc()).splitlines():
            print("        " + line)


# --- user-data ------------------------------------------------------------------------------------


def fits_schema(text):
    assert text.startswith("#cloud-config\n"), text[:40]
    validate_cloudconfig_schema(config=yaml.safe_load(text), schema=get_schema(), strict=True)


class Paths:
    """The folders of one instance."""

    def __init__(self, root):
        self.root = root

    def get_ipath(self, name):
        return self.get_ipath_cur(name)

    def get_ipath_cur(self, name):
        path = self.root / name
        if name != "cloud_config":
            path.mkdir(parents=True, exist_ok=True)
        return str(path)

    def get_cpath(self, name=None):
        return str(self.root / (name or ""))


def merge(blob, root):
    """What cloud-init makes of all parts: its config, and the scripts that it will run, in order."""
    paths = Paths(root)
    message = user_data.UserDataProcessor(paths).process(blob)
    both = (CloudConfigPartHandler(paths), ShellScriptPartHandler(paths, script_path="scripts"))
    data = {
        "handlers": {mime: handler for handler in both for mime in handler.list_types()},
        "handlerdir": str(root),
        "data": None,
        "frequency": PER_INSTANCE,
        "handlercount": 0,
        "excluded": [],
    }
    for handler in both:
        handlers.call_begin(handler, data["data"], data["frequency"])
    handlers.walk(message, handlers.walker_callback, data=data)
    for handler in both:
        handlers.call_end(handler, data["data"], data["frequency"])
    config = yaml.safe_load((root / "cloud_config").read_text())
    hooks = [
        part.get_payload(decode=True).decode()
        for part in message.walk()
        if part.get_content_type() == "text/cloud-boothook"
    ]
    return config, sorted((root / "scripts").glob("*")), hooks


def our_parts(blob):
    for part in email.message_from_bytes(blob).walk():
        if (part.get_filename() or "").startswith("labctl"):
            yield part.get_payload(decode=True).decode()


def users_of(config):
    """cloud-init's own idea of them: entries with the same name are joined."""
    distro = fetch("debian")("debian", {}, None)
    return ug_util.normalize_users_groups(copy.deepcopy(config), distro)[0]


def keeps_ours(config, ours):
    login = ours["users"][0]
    user = users_of(config)[login["name"]]
    for key in login:
        assert key == "name" or user[key] == login[key], (key, user[key])
    assert "runcmd" not in ours, "a failing command of the user would hide behind ours"
    paths = [entry["path"] for entry in ours["write_files"]]
    assert {"/etc/labctl/node.env", FIRST_BOOT, PER_INSTANCE} <= set(paths), paths
    # Theirs come first, so that of two entries for one file ours is written last.
    assert config["write_files"][-len(paths) :] == ours["write_files"]
    for key in IDENTITY:
        assert config[key] == ours[key], (key, config[key])


def keeps_theirs(name, config, scripts, hooks):
    if name == "two-nics":
        assert config["timezone"] == "Asia/Seoul" and config["ssh_pwauth"] is True
        assert config["runcmd"][0] == ["sh", "-c", "echo '안녕' > /tmp/hello"]
        assert config["write_files"][0]["content"] == "지원팀 실습 서버\n"
        assert "guest" in users_of(config)
    elif name == "dhcp-second":
        assert users_of(config)["지원"]["groups"] == "docker"
        assert config["runcmd"][0] == "true"
    elif name == "script":
        assert scripts[0].read_text() == "#!/bin/sh\necho \"한글 ${HOME}\" '{{ x }}'\n"
    elif name == "boothook":
        assert hooks == ["#cloud-boothook\n#!/bin/sh\ntrue\n"], hooks
    else:
        raise AssertionError("nobody said what to expect of " + name)


def merges(path, root):
    blob = path.read_bytes()
    ours = {}
    for text in our_parts(blob):
        fits_schema(text)
        ours.update(yaml.safe_load(text))
    config, scripts, hooks = merge(blob, root)
    fits_schema("#cloud-config\n" + yaml.safe_dump(config))
    keeps_ours(config, ours)
    keeps_theirs(path.stem, config, scripts, hooks)


# --- network-config -------------------------------------------------------------------------------


def count(pattern, text):
    return len(re.findall(pattern, text, re.IGNORECASE | re.MULTILINE))


def renders(path, renderer, root):
    root.mkdir(parents=True)
    args = ["-p", path, "-k", "yaml", "-d", root, "-D", RENDERERS[renderer], "-O", renderer]
    args = net_convert.get_parser().parse_args([str(arg) for arg in args])
    net_convert.handle_args("net-convert", args)
    # The udev rules of two renderers repeat the MACs.
    files = [p for p in root.rglob("*") if p.is_file() and "udev" not in p.parts]
    text = "\n".join(p.read_text() for p in files)
    print(text)
    gateways = 0
    for nic in yaml.safe_load(path.read_text())["config"]:
        subnet = nic["subnets"][0]
        if renderer != "eni":  # goes by the name, which cloud-init gives by MAC beforehand
            assert count(re.escape(nic["mac_address"]), text) == 1, nic["mac_address"]
        if renderer != "network-manager":  # goes by the MAC alone
            assert count(r"\b%s\b" % nic["name"], text) >= 1, nic["name"]
        if subnet["type"] == "static":
            assert count(r"\b%s\b" % re.escape(subnet["address"].split("/")[0]), text) == 1
        for server in subnet.get("dns_nameservers", []):
            assert count(r"(dns|-|,|;).*\b%s\b" % re.escape(server), text) >= 1, server
        if "gateway" in subnet:
            gateways += 1
            assert count(GATEWAY % (re.escape(subnet["gateway"]) + "$"), text) == 1
    assert count(GATEWAY % "[0-9]", text) == gateways
    # a static address needs no router advertisement, and systemd-networkd waits 12 s for one;
    # cloud-init 22.4 drops the word for its networkd renderer, not for netplan's
    if renderer == "netplan":
        assert count("accept-ra: false", text) == count("static", path.read_text())
    dhcp = [n for n in yaml.safe_load(path.read_text())["config"] if n["subnets"][0]["type"] == "dhcp4"]
    pattern = r"dhcp4: true|inet dhcp$|^method=auto$|^DHCP=ipv4$|^BOOTPROTO=dhcp$"
    assert count(pattern, text) == len(dhcp)


def main():
    golden, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for path in sorted(golden.glob("user-data/*.yaml")):
        case("user-data/%s fits cloud-init's schema" % path.name, fits_schema, path.read_text())
    for path in sorted(golden.glob("user-data/*.mime")):
        root = work / path.stem
        root.mkdir(parents=True)
        case("user-data/%s merges, and fits the schema" % path.name, merges, path, root)
    for path in sorted(golden.glob("network-config/*.yaml")):
        for renderer in RENDERERS:
            root = work / renderer / path.stem
            what = "network-config/%s by %s" % (path.name, renderer)
            case(what, renders, path, renderer, root)
    sys.exit(failures > 0)


main()
