#!/usr/bin/python3
"""Makes the archives and layouts that no tool at hand makes, in the folder that is named.

  save.tar    `docker save`: two images that share a layer by a link, one layer gzip, one plain
  big.tar     `docker save`: a plain layer of 1.1 GiB, nearly all of it a hole of the file
  middle.tar  the same of 250 MiB
  many.tar    `docker save`: one image of forty layers
  two/        OCI layout: an index of linux/amd64 and linux/arm64 and an attestation
  arm.tar     `docker save` of an image for arm64
  charts/     OCI layout of something that is no image (a chart)
  loop.tar, out.tar, link.tar, lie.tar, twice.tar, deep.tar: hostile
"""
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

os.chdir(sys.argv[1])
noise = random.Random(4711)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def layer(**files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def config(ids, arch="amd64", **more):
    return json.dumps(
        {
            "architecture": arch,
            "os": "linux",
            "config": {"Cmd": ["/hello"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + i for i in ids]},
            **more,
        }
    ).encode()


def write_tar(name, members):
    """members: (name, bytes) or (name, "->target") for a link, (name, "=>target") for a hard one"""
    with tarfile.open(name, "w") as tar:
        for path, data in members:
            info = tarfile.TarInfo(path)
            if isinstance(data, str):
                info.type = tarfile.SYMTYPE if data[0] == "-" else tarfile.LNKTYPE
                info.linkname = data[2:]
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def manifest(*images):
    return json.dumps(
        [{"Config": c, "RepoTags": tags, "Layers": layers} for c, tags, layers in images]
    ).encode()


shared = layer(a=noise.randbytes(3_000_000))
plain = layer(b=b"labctl " * 40000)
packed = layer(c=noise.randbytes(50000))
one = config([sha(shared), sha(plain)])
two = config([sha(shared), sha(packed)])
write_tar(
    "save.tar",
    [
        ("one/layer.tar", shared),
        ("two/layer.tar", "->../one/layer.tar"),
        ("hard/layer.tar", "=>two/layer.tar"),
        ("plain.tar", plain),
        ("packed.tar.gz", gzip.compress(packed)),
        ("one.json", one),
        ("two.json", two),
        (
            "manifest.json",
            manifest(
                ("one.json", ["app:1", "quay.io/team/app:2"], ["one/layer.tar", "plain.tar"]),
                ("two.json", ["registry.k8s.io/other:3"], ["hard/layer.tar", "packed.tar.gz"]),
            ),
        ),
    ],
)

arm = config([sha(plain)], arch="arm64")
write_tar(
    "arm.tar",
    [("l.tar", plain), ("c.json", arm), ("manifest.json", manifest(("c.json", ["arm:1"], ["l.tar"])))],
)

layers = [layer(x=noise.randbytes(20000)) for _ in range(40)]
many = config([sha(x) for x in layers])
write_tar(
    "many.tar",
    [(f"{i}.tar", x) for i, x in enumerate(layers)]
    + [("c.json", many)]
    + [("manifest.json", manifest(("c.json", ["many:1"], [f"{i}.tar" for i in range(40)])))],
)


def write_sparse(name, mib):
    size = mib << 20
    info = tarfile.TarInfo("zeros")
    info.size = size
    head, tail = info.tobuf(), bytes(1024 + 10240)
    length = len(head) + size + len(tail)
    digest = hashlib.sha256(head)
    block = bytes(1 << 20)
    for _ in range(mib):
        digest.update(block)
    digest.update(tail)
    conf = config([digest.hexdigest()])
    names = manifest(("c.json", [name + ":1"], ["big/layer.tar"]))
    with open(name + ".tar", "wb") as f:
        for name, data in (("c.json", conf), ("manifest.json", names)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            f.write(member.tobuf() + data + bytes(-len(data) % 512))
        member = tarfile.TarInfo("big/layer.tar")
        member.size = length
        f.write(member.tobuf() + head)
        f.seek(size + len(tail) + -length % 512 + 1023, 1)
        f.write(b"\0")


write_sparse("big", 1100)
write_sparse("middle", 250)

# --- layouts ---------------------------------------------------------------------------------------

OCI = "application/vnd.oci.image."


class Layout:
    def __init__(self, path):
        self.path = path
        os.makedirs(path + "/blobs/sha256")
        with open(path + "/oci-layout", "w") as f:
            f.write('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, media, data, **more):
        with open(f"{self.path}/blobs/sha256/{sha(data)}", "wb") as f:
            f.write(data)
        return {"mediaType": media, "digest": "sha256:" + sha(data), "size": len(data), **more}

    def image(self, conf, layers, **more):
        text = {
            "schemaVersion": 2,
            "mediaType": OCI + "manifest.v1+json",
            "config": conf,
            "layers": layers,
        }
        return self.blob(OCI + "manifest.v1+json", json.dumps(text).encode(), **more)

    def end(self, *manifests):
        with open(self.path + "/index.json", "w") as f:
            json.dump({"schemaVersion": 2, "manifests": list(manifests)}, f)


layout = Layout("two")
both = []
for arch in ("amd64", "arm64"):
    tar = layer(d=arch.encode() + noise.randbytes(40000))
    both.append(
        layout.image(
            layout.blob(OCI + "config.v1+json", config([sha(tar)], arch=arch)),
            [layout.blob(OCI + "layer.v1.tar+gzip", gzip.compress(tar))],
            platform={"os": "linux", "architecture": arch},
        )
    )
both.append(
    layout.image(
        layout.blob(OCI + "config.v1+json", b"{}"),
        [layout.blob("application/vnd.in-toto+json", b'{"a": 1}')],
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
)
index = json.dumps(
    {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": both}
).encode()
layout.end(
    layout.blob(
        OCI + "index.v1+json",
        index,
        annotations={"io.containerd.image.name": "docker.io/library/two:1"},
    )
)

layout = Layout("charts")
layout.end(
    layout.image(
        layout.blob("application/vnd.cncf.helm.config.v1+json", b'{"name": "chart"}'),
        [layout.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", gzip.compress(plain))],
        annotations={"org.opencontainers.image.ref.name": "charts.example/ks-core:1.1"},
    )
)

# --- hostile ---------------------------------------------------------------------------------------

conf = ("c.json", config([sha(plain)]))
names = ("manifest.json", manifest(("c.json", ["bad:1"], ["l.tar"])))
write_tar("loop.tar", [conf, names, ("l.tar", "->m.tar"), ("m.tar", "->l.tar")])
write_tar("out.tar", [conf, names, ("l.tar", plain), ("../../etc/cron.d/x", b"bad")])
write_tar("link.tar", [conf, names, ("l.tar", "->../../../../etc/passwd")])
write_tar("lie.tar", [conf, names, ("l.tar", plain.replace(b"labctl", b"LABCTL"))])
write_tar("twice.tar", [conf, ("l.tar", plain), ("manifest.json", b'[{"Config": "a", "Config": "b"}]')])
write_tar("deep.tar", [("manifest.json", b"[" * 100000 + b"]" * 100000)])
