#!/bin/sh
# How does a fresh clone get everything it needs to run?
#
# Finds uv or brings it into the checkout, has uv make .venv (with a Python of its own where 3.11 is missing), installs
# the locked packages by hash and the project itself, then finds a browser. Each step leaves a stamp in .venv and is
# skipped while what it depends on is unchanged. Needs a shell and either uv or any Python 3.8 with pip.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
OWN_UV=.venv-uv
# Nobody's active environment may catch what belongs into ours.
unset VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH || true

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "setup: $*"
    exit 1
}

as_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

python_fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# uv from PyPI by hash, through whichever pip this machine has.
bring_uv() {
    for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
        command -v "$python" >/dev/null 2>&1 || continue
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 || continue
        rm -rf "$OWN_UV"
        if "$python" -m venv "$OWN_UV" >/dev/null 2>&1; then
            "$OWN_UV/bin/python" -m pip install --quiet --require-hashes -r requirements/bootstrap.txt && return 0
        fi
        # Debian splits venv off into a package of its own; pip alone will do.
        rm -rf "$OWN_UV"
        "$python" -m pip install --quiet --target "$OWN_UV" --require-hashes -r requirements/bootstrap.txt \
            2>/dev/null && return 0
    done
    return 1
}

find_uv() {
    # A version manager may leave a shim that does not run: ask each one.
    for uv in uv "$OWN_UV/bin/uv" "${HOME:-/nonexistent}/.local/bin/uv" "${HOME:-/nonexistent}/.cargo/bin/uv"; do
        if "$uv" --version >/dev/null 2>&1; then
            printf '%s\n' "$uv"
            return 0
        fi
    done
    return 1
}

need_uv() {
    UV=$(find_uv) && return 0
    say "Bringing uv into $OWN_UV …"
    if ! bring_uv && as_root_on_debian; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        bring_uv || true
    fi
    UV=$(find_uv) || fail "found neither uv nor a Python with pip; install one of them and run make setup again"
}

# uv trusts the certificates it brings; behind a proxy that signs with its own, the system's are the right ones.
with_uv() { "$UV" "$@" || UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 "$UV" "$@"; }

stamp_of() {
    "$VENV/bin/python" - "$@" <<'PYTHON'
import hashlib, pathlib, sys
digest = hashlib.sha256(sys.version.encode() + str(pathlib.Path.cwd()).encode())
for name in sys.argv[1:]:
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())
PYTHON
}

is_stamped() { [ "$(cat "$VENV/.stamp-$1" 2>/dev/null)" = "$2" ]; }

python_fits "$VENV/bin/python" || {
    need_uv
    say "Making $VENV …"
    # 3.11 and 3.12 first: the embedded Redis has no wheels for newer ones.
    with_uv venv --quiet --clear --python '>=3.11,<3.13' "$VENV" 2>/dev/null ||
        with_uv venv --quiet --clear --python '>=3.11,<3.15' "$VENV"
}

packages=$(stamp_of requirements/dev.txt pyproject.toml scripts/setup.sh)
if ! is_stamped packages "$packages" || [ ! -x "$VENV/bin/callsheet" ]; then
    need_uv
    say "Installing the locked packages …"
    # Compiled once here, not by each of the dozen processes of the first start.
    with_uv pip install --quiet --compile-bytecode --python "$VENV/bin/python" --require-hashes -r requirements/dev.txt
    # The build back-end is one of the locked packages, so nothing unlocked is fetched to install ourselves.
    with_uv pip install --quiet --python "$VENV/bin/python" --no-deps --no-build-isolation --editable .
    printf '%s\n' "$packages" >"$VENV/.stamp-packages"
fi

# The last resort for Redis: the wheel's binary and the PATH come first.
redis_is_there() { "$VENV/bin/python" -c 'from cli.local.servers.wire import find_program; find_program()' >/dev/null 2>&1; }
if ! [ -f "$VENV/.stamp-redis" ]; then
    if ! redis_is_there && as_root_on_debian; then
        say "Installing Redis …"
        apt-get update -qq && apt-get install -y -qq redis-server >/dev/null
    fi
    redis_is_there || say "There is no Redis: install it (macOS: brew install redis; Debian: apt-get install redis-server)."
    : >"$VENV/.stamp-redis"
fi

browser=$(stamp_of cli/local/browser.py cli/local/browser_setup.py)
if ! is_stamped browser "$browser" || [ ! -x "$(cat "$VENV/.browser" 2>/dev/null)" ]; then
    "$VENV/bin/python" -m cli.local.browser_setup >"$VENV/.browser"
    printf '%s\n' "$browser" >"$VENV/.stamp-browser"
    say "Browser: $(cat "$VENV/.browser")"
fi
