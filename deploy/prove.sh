#!/bin/sh
# Does this installation work? Has it comment on a practice site through a real browser, and counts what arrived there.
#
# Needs `docker compose --profile practice up --detach`. Makes the workspace `practice` with a host of its own, and a key each time:
# before or after `docker compose run --rm found`, which makes yours.
set -eu
cd "$(dirname "$0")/.."
export COMPOSE_PROFILES=practice
url=http://$(docker compose port gateway 3000)
marker=$(od -An -tx1 -N 6 /dev/urandom | tr -d ' \n')

say() { printf '%s\n' "$*" >&2; }
wait_for() { # what, seconds, command …
    what=$1 left=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { say "$what: not within the time"; exit 1; }
        sleep 1
    done
    say "$what"
}

wait_for "The gateway is ready" 180 curl --silent --fail --max-time 5 "$url/readyz"

key=$(docker compose run --rm -T found-practice --key "prove $marker")
ask() { curl --silent --show-error --fail --max-time 30 --header "Authorization: Bearer $key" "$@"; }

task=$(ask --header 'Content-Type: application/json' --header "Idempotency-Key: $marker" "$url/api/scheduler/task" --data '{
    "type": "comment", "platform": "instagram", "account": "demo",
    "payload": {"post_url": "http://sandbox:3900/instagram/p/Cdb855efc49/", "text": "Proof '"$marker"'"}
}' | sed 's/.*"id":"\([0-9a-f-]*\)".*/\1/')
say "Task $task"

is_completed() { ask "$url/api/scheduler/task/$task" | grep -q '"status":"completed"'; }
wait_for "The task is completed" 120 is_completed

arrived=$(docker compose exec -T sandbox python -c '
import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:3900/_truth/effects?marker=" + sys.argv[1]).read().decode().count(sys.argv[1]))
' "$marker")
[ "$arrived" = 1 ] || { say "It arrived $arrived times."; exit 1; }
say "It arrived once."
