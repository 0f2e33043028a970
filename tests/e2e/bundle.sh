# A bundle as a lab gets it: made by labctl from a k3s release (the stand-in's files under the names
# of a release), real packages, images and a Go client; signed.
# shellcheck shell=bash

k3s_version=v0.0.0+standin

make_release() { # DIR: as on a mirror
    local to=$1/$k3s_version
    mkdir -p "$to"
    cp tests/standin/k3s/k3s "$to/k3s"
    cp tests/standin/k3s/install.sh "$to/install.sh"
    tests/standin/k3s/make-images "$to/k3s-airgap-images-amd64.tar"
    zstd -q --rm "$to/k3s-airgap-images-amd64.tar"
    echo standin.invalid/nothing:1 >"$to/k3s-images.txt"
    (cd "$to" && sha256sum k3s k3s-airgap-images-amd64.tar.zst >sha256sum-amd64.txt)
}

make_bundle() { # DIR [LINE-OF-THE-RECIPE...], beside which the keys and the recipe lie
    local debs dir
    debs=$(tests/e2e/debs)
    dir=$(dirname "$1")
    make_release "$dir/mirror"
    head -c 3000000 /dev/urandom >"$dir/blob"
    tests/standin/k3s/make-images "$dir/pause.tar"
    skopeo copy -q "docker-archive:$dir/pause.tar" "docker-archive:$dir/tools.tar:registry.invalid/tools/app:1.0"
    cat >"$dir/bundle.yaml" <<YAML
arch: amd64
k3s: {version: $k3s_version, mirror: "file://$dir/mirror"}
images: [$dir/tools.tar]
packages:
  release: bookworm
  names: [labctl-test]
  sources: ["deb [trusted=yes] file:$debs/repo ./"]
  installed: $debs/status
files:
  - {source: $dir/blob, path: files/blob}
$(for f in "$debs"/skopeo/*; do
        echo "  - {source: $f, path: files/skopeo/$(basename "$f"), mode: \"0755\"}"
    done)
YAML
    printf '%s\n' "${@:2}" >>"$dir/bundle.yaml"
    labctl bundle keygen "$dir/team"
    labctl bundle create -f "$dir/bundle.yaml" -o "$1" --sign "$dir/team"
    labctl bundle inspect "$1"
}
