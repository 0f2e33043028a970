#!/bin/sh
# K3S STAND-IN: NOT KUBERNETES. Does what k3s's install.sh does with the variables that
# labctl sets, and like it: an existing unit is first disabled and removed, no reload of
# systemd when enabling is skipped, K3S_* variables go into the unit's environment file.
set -e
umask 022

info() { echo "[INFO]  $*"; }
fatal() {
	echo "[ERROR]  $*" >&2
	exit 1
}

info "K3S STAND-IN: NOT KUBERNETES"
command -v systemctl >/dev/null || fatal "Can not find systemd or openrc to use as a process supervisor for k3s"

# shellcheck disable=SC2086 # words, as in the real one
set -- $INSTALL_K3S_EXEC "$@"
case ${1-} in
-* | '')
	if [ -z "$K3S_URL" ]; then
		command=server
	else
		[ -n "$K3S_TOKEN$K3S_TOKEN_FILE" ] ||
			fatal "Defaulted k3s exec command to 'agent' because K3S_URL is defined, but K3S_TOKEN or K3S_TOKEN_FILE is not defined."
		command=agent
	fi
	;;
*)
	command=$1
	shift
	;;
esac
case ${K3S_URL-} in
'' | https://*) ;;
*) fatal "Only https:// URLs are supported for K3S_URL (have $K3S_URL)" ;;
esac

name=k3s-$command
[ "$command" != server ] || name=k3s
[ -z "$INSTALL_K3S_NAME" ] || name=k3s-$INSTALL_K3S_NAME
bin=${INSTALL_K3S_BIN_DIR:-/usr/local/bin}
dir=${INSTALL_K3S_SYSTEMD_DIR:-/etc/systemd/system}
unit=$dir/$name.service

case ${INSTALL_K3S_SKIP_DOWNLOAD-} in
true | binary) info "Skipping k3s download and verify" ;;
*) fatal "the stand-in has nothing to download: set INSTALL_K3S_SKIP_DOWNLOAD=true" ;;
esac
[ -x "$bin/k3s" ] || fatal "Executable k3s binary not found at $bin/k3s"
hashes() { sha256sum "$bin/k3s" "$unit" "$unit.env" 2>&1 || true; }
before=$(hashes)

if [ "${INSTALL_K3S_SYMLINK-}" != skip ]; then
	for cmd in kubectl crictl ctr; do
		if [ "${INSTALL_K3S_SYMLINK-}" = force ] || ! command -v "$cmd" >/dev/null; then
			info "Creating $bin/$cmd symlink to k3s"
			ln -sf k3s "$bin/$cmd"
		fi
	done
fi

cat >"$bin/k3s-killall.sh" <<END
#!/bin/sh
for unit in $dir/k3s*.service; do
	[ ! -s "\$unit" ] || systemctl stop "\$(basename "\$unit")"
done
END
cat >"$bin/$name-uninstall.sh" <<END
#!/bin/sh
$bin/k3s-killall.sh
systemctl disable $name
systemctl daemon-reload
rm -f $unit $unit.env $bin/kubectl $bin/crictl $bin/ctr $bin/k3s $bin/k3s-killall.sh $bin/$name-uninstall.sh
rm -rf /etc/rancher/k3s /var/lib/rancher/k3s
END
chmod 755 "$bin/k3s-killall.sh" "$bin/$name-uninstall.sh"

systemctl disable "$name" >/dev/null 2>&1 || true
rm -f "$unit" "$unit.env"

info "env: Creating environment file $unit.env"
touch "$unit.env"
chmod 0600 "$unit.env"
env | grep -E '^(K3S|CONTAINERD)_' >"$unit.env" || true

info "systemd: Creating service file $unit"
{
	cat <<-END
		[Unit]
		Description=K3S STAND-IN: NOT KUBERNETES
		Wants=network-online.target
		After=network-online.target

		[Install]
		WantedBy=multi-user.target

		[Service]
		Type=${INSTALL_K3S_TYPE:-notify}
		EnvironmentFile=-/etc/default/%N
		EnvironmentFile=-/etc/sysconfig/%N
		EnvironmentFile=-$unit.env
		KillMode=process
		Delegate=yes
		User=root
		TimeoutStartSec=0
		Restart=always
		RestartSec=5s
		ExecStartPre=-/sbin/modprobe br_netfilter
		ExecStartPre=-/sbin/modprobe overlay
	END
	printf 'ExecStart=%s/k3s %s' "$bin" "$command"
	for word; do printf " '%s'" "$word"; done
	echo
} >"$unit"

[ "${INSTALL_K3S_SKIP_ENABLE-}" != true ] || exit 0
info "systemd: Enabling $name unit"
systemctl enable "$unit" >/dev/null
systemctl daemon-reload >/dev/null
[ "${INSTALL_K3S_SKIP_START-}" != true ] || exit 0
if [ "$before" = "$(hashes)" ] && [ "${INSTALL_K3S_FORCE_RESTART-}" != true ]; then
	info "No change detected so skipping service start"
	exit 0
fi
info "systemd: Starting $name"
systemctl restart "$name"
