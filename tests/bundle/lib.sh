# shellcheck shell=bash
# What tests/bundle/check and tests/bundle/debs share.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/bundle

case ${1-} in
-h | --help)
	echo "usage: ${0##*/} [BUILD]   (a build folder; default: build/debug)"
	echo "exit status: 0 all is well, 1 something is not, 3 a program is missing (scripts/deps test)"
	exit 0
	;;
esac
build=$(cd "${1:-$root/build/debug}" && pwd)
labctl=$build/labctl

need() {
	local tool
	[ -x "$labctl" ] || { echo "check: $labctl is not built" >&2; exit 3; }
	for tool; do
		command -v "$tool" >/dev/null ||
			{ echo "check: there is no $tool (scripts/deps test)" >&2; exit 3; }
	done
}

work=$(mktemp -d)
pids=()
clean() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || :; done
	rm -rf "$work"
}
trap clean EXIT
export LABCTL_HOME=$work/home
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
cd "$work"
failures=0 count=0

# expect WHAT COMMAND...: one line of the report; the command's output only when it fails.
expect() {
	local what=$1 status=0
	shift
	count=$((count + 1))
	# Not in a condition: there "set -e" would not end a function at its first failure.
	set +e
	(set -e; "$@") >"$work/output" 2>&1
	status=$?
	set -e
	if [ $status = 0 ]; then
		printf 'ok      %s\n' "$what"
	else
		printf 'FAILED  %s\n' "$what"
		sed 's/^/        /' "$work/output"
		failures=$((failures + 1))
	fi
}

# refused STATUS PATTERN ARGS...: every line of PATTERN is in what labctl says.
refused() {
	local want=$1 patterns=$2 status=0 pattern
	shift 2
	"$labctl" "$@" >"$work/refusal" 2>&1 || status=$?
	cat "$work/refusal"
	[[ $status =~ ^($want)$ ]] || { echo "status $status, wanted $want"; return 1; }
	while IFS= read -r pattern; do
		grep -qE -- "$pattern" "$work/refusal" || { echo "wanted: $pattern"; return 1; }
	done <<<"$patterns"
}

not() { ! "$@"; } # "set -e" looks over a bare "! command"

serve() { # FOLDER: sets url and log
	rm -f port
	log=$work/requests
	: >"$log"
	"$here/server" "$1" port "$log" &
	pids+=($!)
	while [ ! -e port ]; do sleep 0.05; done
	url=http://127.0.0.1:$(cat port)
}

verdict() {
	if [ $failures -gt 0 ]; then
		echo "$failures of $count failed"
		exit 1
	fi
	echo "all $count are fine"
}
