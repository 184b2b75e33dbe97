#!/bin/sh
# Makes .venv with uv in it, or says in one sentence what the machine lacks. `make setup` calls it.
set -eu
uv_version=0.13.8
python="${PYTHON:-python3}"

lacking() {
    echo "Dure needs $1. On Debian or Ubuntu: apt install $2" >&2
    exit 1
}

command -v "$python" >/dev/null || lacking "Python 3.11 or newer, and there is no $python here" "python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    lacking "Python 3.11 or newer, and $python is $("$python" -V 2>&1). Name another: make setup PYTHON=python3.12" "python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null || lacking "Python's venv module" "python3-venv"
command -v git >/dev/null || lacking "git" "git"

# A .venv whose Python has gone (the machine was upgraded, the folder was moved) is made anew.
.venv/bin/python -c pass 2>/dev/null || "$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
touch .venv/bin/uv
