#!/usr/bin/env bash
# Installs zig and cargo-zigbuild from PyPI into a folder, and prints the folder of their programs. All binaries for Linux
# are linked by zig: against glibc 2.17, or against musl. It compiles C, too.
set -eu
[[ $# == 1 ]] || { echo 'usage: zig.sh <folder>' >&2; exit 1; }
python3 -m venv "$1" >&2
"$1/bin/pip" install --quiet --disable-pip-version-check 'ziglang==0.17.1' 'cargo-zigbuild==0.24.1' >&2
echo "$1/bin"
