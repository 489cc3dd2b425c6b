#!/bin/sh
# Makes this Mac a host: joins it, and keeps its program running in your graphical session.
#
#   deploy/macos/install.sh https://callsheet.example.org csh_…      join, and start
#   deploy/macos/install.sh                                          start again what has joined before
#   deploy/macos/install.sh --remove                                 stop it and start it no more
set -eu

source_folder=$(cd "$(dirname "$0")/../.." && pwd)
home_folder=${CALLSHEET_HOME:-"$HOME/Library/Application Support/Callsheet"}
callsheet="$source_folder/.venv/bin/callsheet"
agents="$HOME/Library/LaunchAgents"
session="gui/$(id -u)"
agent="$agents/org.callsheet.host.plist"

die() {
    echo "install: $1" >&2
    exit 1
}

[ "$(uname -s)" = Darwin ] || die "this machine is no Mac"

# `keeper` and `safari` are what hosts ran before they had a door.
stop() {
    for part in host keeper safari; do
        launchctl bootout "$session/org.callsheet.$part" 2>/dev/null || true
        rm -f "$agents/org.callsheet.$part.plist"
    done
}

# What sed would take for its own is marked, and what XML would, too.
escaped() {
    printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/[&|\\]/\\&/g'
}

if [ "${1:-}" = --remove ]; then
    stop
    echo "Stopped. $home_folder is still there."
    exit 0
fi

make -C "$source_folder" setup
mkdir -p "$home_folder/logs" "$agents"
chmod 700 "$home_folder"
if [ $# -eq 2 ]; then
    CALLSHEET_HOME="$home_folder" "$callsheet" host join "$1" "$2"
fi
[ -f "$home_folder/host.json" ] || die "this Mac has not joined: give the address of the gateway and the token"
stop
sed -e "s|@CALLSHEET@|$(escaped "$callsheet")|g" -e "s|@HOME@|$(escaped "$home_folder")|g" \
    -e "s|@SOURCE@|$(escaped "$source_folder")|g" "$source_folder/deploy/macos/org.callsheet.host.plist" > "$agent"
launchctl bootstrap "$session" "$agent"
echo "Running. Now answer the questions for permissions that this Mac shows: docs/safari-host.md lists them."
