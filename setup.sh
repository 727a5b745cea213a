#!/bin/sh
# Brings .venv up to date for one set of extras: core, test, lint or notebooks. The Makefile calls it.
#
# What is installed is recorded in .venv/.ready/<checksum>/<extra>, where the checksum is over the contents of
# pyproject.toml and constraints.txt and over where this folder is. Nothing is reinstalled while that file is there.
set -eu
cd "$(dirname "$0")"

extra=$1
python=${PYTHON:-python3}
here=$(pwd -P)
sum=$({ echo "$here"; cat pyproject.toml constraints.txt; } | cksum | tr ' ' '-')
ready=.venv/.ready/$sum

if [ -e "$ready/$extra" ] && [ -x .venv/bin/python ]; then
    exit 0
fi

stop() {
    echo "$1" >&2
    exit 1
}

# .made-in is written only when the environment is complete; one that was interrupted or moved is made again.
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/.made-in 2>/dev/null)" != "$here" ]; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        stop "basin-entry needs Python 3.11 or newer: install it and run make again (make PYTHON=... names another python3)."
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "basin-entry needs Python's venv module: install it (on Debian: apt-get install python3-venv) and run make again."
    echo "Setting up .venv (about a minute the first time) ..."
    "$python" -m venv --clear .venv || {
        rm -rf .venv
        stop "basin-entry could not make its environment .venv: see the message above."
    }
    echo "$here" >.venv/.made-in
else
    echo "Bringing .venv up to date for $extra ..."
fi

# Records of other checksums no longer hold once anything is installed.
[ -d "$ready" ] || rm -rf .venv/.ready

case $extra in
    core) what=".[neural]" ;; # the main job checks the claims about networks too
    *) what=".[$extra]" ;;
esac
.venv/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e "$what"

mkdir -p "$ready"
: >"$ready/$extra"
# What the tests need holds what the main job needs.
[ "$extra" != test ] || : >"$ready/core"
