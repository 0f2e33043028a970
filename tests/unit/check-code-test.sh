#!/bin/bash
# scripts/check-code must find what is planted, and nothing else.
# usage: tests/unit/check-code-test.sh
set -euo pipefail
export LC_ALL=C

repo=$(dirname "$(readlink -f "$0")")/../..
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
fail() { printf 'not ok: %s\n' "$*"; failures=$((failures + 1)); }

check() { # sets out, status
	status=0
	out=$("$repo/scripts/check-code" "$tree" 2>&1) || status=$?
}

put() { mkdir -p "$tree/$(dirname "$1")"; cat >>"$tree/$1"; }

expect() { # FILE:LINE, then a part of the message
	grep -F -- "$1: " <<<"$out" | grep -qF -- "$2" || fail "no finding '$1: ... $2'"
}

quiet() { ! grep -qF -- "$1" <<<"$out" || fail "$1: $(grep -F -- "$1" <<<"$out")"; }

# A small tree that obeys everything, near misses included.
cp -r "$repo/src/base" "$repo/platform" "$tree" && mkdir -p "$tree/src" && mv "$tree/base" "$tree/src"
put src/spec/fine.h <<'C'
#ifndef FINE_H
#define FINE_H
#include "base/str.h"
#include "platform.h"
#include "spec/other.h"
struct fine {
    int malloc;
};
#endif
C
put src/spec/other.h <<'C'
struct other;
C
put src/spec/fine.c <<'C'
#include <stdlib.h>
#include "spec/fine.h"
/* system() and popen() are not used: rename(a, b) neither, on _WIN32.
 * strcpy(a, b) in a later line. */
// sprintf(a) here
static const char *text = "call system(x), \"malloc(3)\" and __linux__"; /* strdup(s) */ // gets(s)
int lab_strdup(const char *s);
int my_rename(int a), filesystem(int a), lab_realloc(int a);
int f(struct fine *f, char quote) { return f->malloc + (quote == '"') + my_rename(filesystem(1)) + snprintf_(2); }
int g(struct ops *o) { return o->rename(1) + (*o).system(2); }
C
put src/run/all.c <<'C'
#include "base/str.h"
#include "guest/guest.h"
#include "media/iso.h"
#include "plan/plan.h"
#include "platform.h"
#include "provider/provider.h"
#include "run/all.h"
#include "spec/spec.h"
#include "state/state.h"
C
put src/main.c <<'C'
#include "cli/cli.h"
C
check
[ $status -eq 0 ] || fail "a tree without faults: status $status: $out"
[ "$(wc -l <<<"$out")" -eq 1 ] || fail "the summary is not one line: $out"
[[ $out == *"nothing found"* ]] || fail "no summary: $out"

# Includes in the wrong direction.
n=0
wrong=(base:spec/spec.h spec:state/state.h spec:plan/plan.h state:spec/spec.h plan:run/run.h plan:media/iso.h
	media:provider/provider.h media:guest/guest.h media:state/state.h provider:media/iso.h
	provider:guest/guest.h guest:provider/provider.h guest:media/iso.h guest:run/run.h
	run:cli/cli.h cli:guest/guest.h cli:spec/spec.h newmodule:base/str.h)
for w in "${wrong[@]}"; do
	put "src/${w%%:*}/wrong$((n++)).c" <<<$'\n#  include "'"${w#*:}"'"'
done
put platform/posix/wrong.c <<'C'
#include "platform.h"
#include "base/log.h"
#include "base/file.h"
#include "spec/spec.h"
C
put src/main.c <<'C'
#include "base/str.h"
#include "run/run.h"
C
put src/spec/folder.c <<'C'
#include "other.h"
C

# Banned functions, one a line.
banned=(system popen strcpy strcat sprintf vsprintf gets malloc calloc realloc strdup strndup rename)
for f in "${banned[@]}"; do
	printf 'int v_%s = %s (a, "b"); /* why */\n' "$f" "$f" | put src/state/banned.c
done
put src/state/two.c <<'C'
int v = *malloc(strdup(a));
    char *p = b ? "x" : realloc(p, 1);
*p = calloc(1, 2);
C
put src/state/system.c <<'C'
#ifdef _WIN32
#if defined(__linux__) && 1
#if defined(__MINGW32__)
C
put platform/posix/allowed.c <<'C'
#ifdef __linux__
int a = rename(x, y);
int b = malloc(3);
#endif
C

# Headers that lean on what others include.
put src/state/lean.h <<'C'

uint32_t lean(void);
C
put src/state/missing.h <<'C'
#include "state/not-there.h"
C

check
[ $status -eq 1 ] || fail "a tree with faults: status $status"
n=0
for w in "${wrong[@]}"; do
	m=${w%%:*}
	part="$m may not include ${w#*:}"
	[ "$m" = newmodule ] && part="unknown module 'newmodule'"
	expect "src/$m/wrong$((n++)).c:2" "$part"
done
expect platform/posix/wrong.c:3 "platform/ may not include base/file.h"
expect platform/posix/wrong.c:4 "platform/ may not include spec/spec.h"
quiet platform/posix/wrong.c:1:
quiet platform/posix/wrong.c:2:
expect src/main.c:2 "main may not include base/str.h"
expect src/main.c:3 "main may not include run/run.h"
expect src/spec/folder.c:1 "with its folder"
n=0
for f in "${banned[@]}"; do
	expect "src/state/banned.c:$((++n))" "$f() is banned here: use "
done
expect src/state/banned.c:1 "lab_child_run()"
expect src/state/banned.c:13 "plat_rename()"
expect src/state/two.c:1 "malloc()"
expect src/state/two.c:1 "strdup()"
expect src/state/two.c:2 "realloc()"
expect src/state/two.c:3 "calloc()"
expect src/state/system.c:1 "_WIN32 outside platform/"
expect src/state/system.c:2 "__linux__ outside platform/"
expect src/state/system.c:3 "__MINGW32__ outside platform/"
expect platform/posix/allowed.c:3 "malloc()"
quiet platform/posix/allowed.c:1:
quiet platform/posix/allowed.c:2:
expect src/state/lean.h:2 "does not compile alone"
expect src/state/missing.h:1 "does not compile alone"
for f in src/spec/fine src/run/all src/spec/other.h src/base/mem.c; do quiet "$f"; done
expected=$((${#wrong[@]} + 2 + 2 + 1 + ${#banned[@]} + 4 + 3 + 1 + 2))
[[ $out == *"check-code: $expected findings" ]] || fail "not $expected findings: ${out##*$'\n'}"

status=0
"$repo/scripts/check-code" /nonexistent >/dev/null 2>&1 || status=$?
[ $status -eq 2 ] || fail "a folder that is not there: status $status"
status=0
out=$(CC=no-such-compiler "$repo/scripts/check-code" "$tree" 2>&1) || status=$?
[[ $status -eq 2 && $out == *"no compiler 'no-such-compiler'"* ]] || fail "no compiler: status $status"

if [ "$failures" -gt 0 ]; then
	printf '%s\n' "--- what check-code said:" "$out"
	exit 1
fi
echo "ok: check-code finds what is planted"
