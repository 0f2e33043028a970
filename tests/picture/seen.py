#!/usr/bin/python3
"""What headless Chromium made of a page: seen.py SCREENSHOT.png NETLOG STDERR [GROUND]

Fails when the page asked for anything outside, when the console had something to say, or when the
picture is empty or has another ground colour than GROUND (RRGGBB)."""

import json
import sys

from PIL import Image


def look(path, ground):
    image = Image.open(path).convert("RGB")
    first = image.getpixel((2, 2))
    colours = {colour: n for n, colour in image.getcolors(1 << 24)}
    drawn = 1 - colours[first] / (image.width * image.height)
    if ground and bytes(first).hex() != ground:
        yield f"the ground is {bytes(first).hex()}, not {ground}"
    if len(colours) < 20 or drawn < 0.02:
        yield f"it is as good as empty: {len(colours)} colours, {drawn:.1%} drawn"


def asked(path):
    """The browser asks on its own behalf, too: that is 'not an origin'."""
    for event in json.load(open(path))["events"]:
        params = event.get("params", {})
        if "initiator" in params and params["initiator"] != "not an origin":
            yield f"it asks for {params.get('url')}"


def said(path):
    for line in open(path, errors="replace"):
        if "CONSOLE" in line:
            yield "the console says: " + line.split("]", 1)[-1].strip()


def main():
    png, netlog, stderr = sys.argv[1:4]
    findings = list(asked(netlog)) + list(said(stderr))
    findings += list(look(png, sys.argv[4] if len(sys.argv) > 4 else None))
    for finding in sorted(set(findings)):
        print(finding)
    return 1 if findings else 0


sys.exit(main())
