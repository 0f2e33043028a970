# Cases of tests/seeds/run: packages-install with the real apt and dpkg of this machine, whose
# database the overlay keeps private; packages of a few bytes, built by dpkg-deb; set-clock
# with a clock of paper, for this machine has only one.
# shellcheck shell=sh

release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')-$(dpkg --print-architecture 2>/dev/null)

deb() { # NAME VERSION [CONTROL LINE...]; a postinst when $postinst is set
	name=$1 version=$2
	shift 2
	rm -rf "$WORK/deb"
	mkdir -p "$WORK/deb/DEBIAN" "$WORK/deb/usr/share/labctl-test"
	echo "$version" >"$WORK/deb/usr/share/labctl-test/$name"
	{
		printf '%s\n' "Package: $name" "Version: $version" 'Architecture: all' \
			'Maintainer: labctl <labctl@example.invalid>' 'Description: test'
		for line; do echo "$line"; done
	} >"$WORK/deb/DEBIAN/control"
	if [ -n "${postinst-}" ]; then
		printf '#!/bin/sh\n%s\n' "$postinst" >"$WORK/deb/DEBIAN/postinst"
		chmod 755 "$WORK/deb/DEBIAN/postinst"
	fi
	dpkg-deb --root-owner-group -Znone -b "$WORK/deb" "$set/${name}_${version}_all.deb" >/dev/null
}

index() { # [NAME...]: asked for
	: >"$set/Packages"
	for file in "$set"/*.deb; do
		{
			dpkg-deb -f "$file"
			printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${file##*/}" "$(stat -c %s "$file")" \
				"$(sha256sum <"$file" | cut -c1-64)"
		} >>"$set/Packages"
	done
	printf '%s\n' "$@" >"$set/install.list"
}

# A guest whose payload has the set that the case then fills.
debs_guest() {
	set=$G/usr/local/seed/debs/$release
	mkdir -p "$set"
	# A dpkg that waits for a disk is half of a case's time.
	echo force-unsafe-io >"$G/etc/dpkg/dpkg.cfg.d/test"
}

is_installed() { # NAME VERSION
	[ "$(guest dpkg-query -W -f '${db:Status-Status} ${Version}' "$1")" = "installed $2" ]
}
packages_failed() { # PACKAGE REASON-PATTERN
	fails script packages-install
	has "$G/var/lib/k8s-ops-packages-failed" "generation=$gen"
	has "$G/var/lib/k8s-ops-packages-failed" "package=$1"
	matches "$G/var/lib/k8s-ops-packages-failed" "^reason=.*$2"
	absent "$G/var/lib/k8s-ops-packages-installed"
}

case_packages_set() {
	debs_guest
	deb labctl-a 1.0 'Depends: labctl-virtual'
	deb labctl-b 2.0 'Pre-Depends: labctl-c (>= 3)' 'Provides: labctl-virtual'
	deb labctl-c 3.0
	deb labctl-unasked 1.0
	index labctl-a labctl-b
	# The system's own sources and lists are neither read nor changed.
	echo 'deb http://192.0.2.1/debian nowhere main' >"$G/etc/apt/sources.list"
	mkdir -p "$G/var/lib/apt/lists"
	echo mine >"$G/var/lib/apt/lists/a_system_list"
	script packages-install
	is_installed labctl-a 1.0
	is_installed labctl-b 2.0
	is_installed labctl-c 3.0
	fails is_installed labctl-unasked 1.0
	has "$G/var/lib/k8s-ops-packages-installed" "generation=$gen"
	has "$G/var/lib/k8s-ops-packages-installed" "packages=2"
	has "$G/var/lib/k8s-ops-packages-installed" "set=$release"
	has "$G/var/lib/k8s-ops-packages-installed" \
		"set_sha256=$(cd "$set" && sha256sum -- * | sha256sum | cut -c1-64)"
	has "$G/var/lib/apt/lists/a_system_list" mine
	absent "$G/var/lib/labctl/apt"
	absent "$G/var/lib/k8s-ops-packages-failed"
	# Again: nothing is done; another set: it is.
	before=$(stat -c %i "$G/var/lib/k8s-ops-packages-installed")
	script packages-install
	[ "$before" = "$(stat -c %i "$G/var/lib/k8s-ops-packages-installed")" ]
	rm "$set/labctl-a_1.0_all.deb"
	deb labctl-a 1.1
	index labctl-a
	script packages-install
	is_installed labctl-a 1.1
	has "$G/var/lib/k8s-ops-packages-installed" "packages=1"
}

case_packages_plain_folder() {
	debs_guest
	deb labctl-a 1.0 'Depends: labctl-b'
	deb labctl-b 2.0
	script packages-install
	is_installed labctl-a 1.0
	is_installed labctl-b 2.0
	has "$G/var/lib/k8s-ops-packages-installed" "packages=2"
}

case_packages_of_a_bundle() {
	debs_guest
	deb labctl-a 1.0 'Depends: labctl-b'
	deb labctl-b 2.0
	deb labctl-c 3.0
	index
	rm "$set/install.list"
	{
		printf 'format: 1\npackages:\n  release: "x"\n  list:\n'
		for one in a:true b:false c:false; do
			printf '    - name: "labctl-%s"\n      version: "1"\n      arch: "all"\n' "${one%:*}"
			printf '      file: "debs/%s/x.deb"\n      wanted: %s\n' "$release" "${one#*:}"
		done
	} >"$G/usr/local/seed/manifest.yaml"
	script packages-install
	is_installed labctl-a 1.0
	is_installed labctl-b 2.0
	fails is_installed labctl-c 3.0
	has "$G/var/lib/k8s-ops-packages-installed" "packages=1"
}

# A later version that the image has is not replaced by an earlier one of the set.
case_packages_newer_stays() {
	debs_guest
	deb labctl-a 2.0
	index labctl-a
	script packages-install
	rm "$set/labctl-a_2.0_all.deb"
	deb labctl-a 1.0
	index labctl-a
	script packages-install
	is_installed labctl-a 2.0
}

case_packages_unmet() {
	debs_guest
	deb labctl-a 1.0 'Depends: labctl-missing (>= 4)'
	index labctl-a
	packages_failed labctl-a 'labctl-missing'
}

case_packages_unknown() {
	debs_guest
	deb labctl-a 1.0
	index labctl-a labctl-none
	packages_failed labctl-none 'Unable to locate package labctl-none'
}

case_packages_configure_fails() {
	debs_guest
	deb labctl-a 1.0
	postinst='echo "no such luck" >&2; exit 3' deb labctl-b 1.0
	index labctl-a labctl-b
	packages_failed labctl-b 'exit status 3'
	# Mended, the half-configured package is no obstacle.
	rm "$set"/labctl-b_*
	deb labctl-b 1.1
	index labctl-a labctl-b
	script packages-install
	is_installed labctl-b 1.1
	absent "$G/var/lib/k8s-ops-packages-failed"
}

case_packages_altered() {
	debs_guest
	deb labctl-a 1.0
	index labctl-a
	printf x | dd of="$set/labctl-a_1.0_all.deb" bs=1 seek=300 conv=notrunc status=none
	packages_failed labctl-a 'Hash Sum mismatch|Hash of file|checksum'
}

case_packages_removes_nothing() {
	debs_guest
	deb labctl-a 1.0
	index labctl-a
	script packages-install
	deb labctl-b 1.0 'Conflicts: labctl-a'
	index labctl-b
	packages_failed labctl-a 'would remove labctl-a'
	is_installed labctl-a 1.0
}

case_packages_other_release() {
	debs_guest
	deb labctl-a 1.0
	index labctl-a
	mv "$set" "${set%/*}/plan9-vax"
	packages_failed '' "has packages for plan9-vax and this guest is $release"
}

case_packages_lock_is_waited_for() {
	debs_guest
	deb labctl-a 1.0
	index labctl-a
	python3 -c '
import fcntl, sys, time
f = open(sys.argv[1], "w")
fcntl.lockf(f, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(3)' "$G/var/lib/dpkg/lock-frontend" >"$WORK/holder" &
	eventually has "$WORK/holder" held
	script packages-install
	is_installed labctl-a 1.0
	matches "$G/var/log/labctl-packages.log" 'Waiting for cache lock'
}

case_packages_none() {
	script packages-install
	absent "$G/var/lib/k8s-ops-packages-installed"
}

case_packages_fail_first_boot() {
	mkdir -p "$WORK/bad/debs/$release"
	echo 'no archive' >"$WORK/bad/debs/$release/a.deb"
	sums "$WORK/bad"
	manifest_of=$WORK/bad node_env n none ''
	iso LABPAYLOAD "$WORK/bad" "$G/media/LABPAYLOAD.iso"
	ln -s /media/LABPAYLOAD.iso "$G/dev/disk/by-label/LABPAYLOAD"
	fails script first-boot
	has "$G/var/lib/k8s-ops-packages-failed" package=a.deb
	matches "$G/var/lib/k8s-ops-packages-failed" 'Invalid archive'
	absent "$G/var/lib/labctl/first-boot-done"
}

# --- set-clock, and the floor in first-boot ---

paper_clock() { # EPOCH
	echo "$1" >"$G/run/clock"
	cat >"$G/fake/date" <<-'END'
		#!/bin/sh
		for word; do
			case $word in
			-s) set=1 ;;
			@*) [ -z "$set" ] || { echo "$word" >>/run/clock-sets && echo "${word#@}" | cut -d. -f1 >/run/clock; } ;;
			+%s) cat /run/clock ;;
			esac
		done
	END
	printf '#!/bin/sh\necho "$*" >>/run/hwclock\n' >"$G/fake/hwclock"
	chmod 755 "$G/fake/date" "$G/fake/hwclock"
}
set_clock() { guest sh -s "$@" <"$top/seeds/guest/set-clock"; }

case_clock_is_set() {
	paper_clock 1700000000
	set_clock 1700003600250
	has "$G/run/clock-sets" '@1700003600.250'
	has "$G/run/hwclock" '--systohc --utc'
	set_clock 1700000000000 # back, as long as nothing was signed
	has "$G/run/clock" 1700000000
}

case_clock_is_not_set_back() {
	paper_clock 1700003600
	mkdir -p "$G/var/lib/rancher/k3s/server/tls"
	status=0
	set_clock 1700000000000 2>"$WORK/err" || status=$?
	[ "$status" = 3 ]
	matches "$WORK/err" '3600 s ahead'
	absent "$G/run/clock-sets"
	set_clock 1700007200000 # forward it may
	has "$G/run/clock" 1700007200
}

case_clock_has_a_floor() {
	paper_clock 1000000000
	mkdir -p "$WORK/floor"
	echo EPOCH_SECONDS=1700000000 >"$WORK/floor/build-timestamp"
	sums "$WORK/floor"
	manifest_of=$WORK/floor node_env n none ''
	iso LABPAYLOAD "$WORK/floor" "$G/media/LABPAYLOAD.iso"
	ln -s /media/LABPAYLOAD.iso "$G/dev/disk/by-label/LABPAYLOAD"
	script first-boot
	has "$G/run/clock" 1700000000
	has "$G/var/lib/labctl/first-boot-done" "generation=$gen"
	echo 1800000000 >"$G/run/clock"
	script first-boot
	has "$G/run/clock" 1800000000
}
