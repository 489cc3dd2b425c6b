#!/bin/sh
# What goes into .env? Writes .env.example with fresh random values to .env (or to the file that is named), mode 600.
set -eu
cd "$(dirname "$0")/.."
target=${1:-.env}

# Its values encrypt what is stored: an existing file is never replaced.
[ ! -e "$target" ] || { echo "$target is there already; it was left as it is." >&2; exit 1; }

random() { od -An -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }

umask 077
while IFS= read -r line; do
    case $line in
    CALLSHEET_KEYS=) printf 'CALLSHEET_KEYS=k%s:%s\n' "$(random 4)" "$(key)" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(random 24)" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <.env.example >"$target"
