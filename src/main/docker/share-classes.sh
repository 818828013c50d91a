#!/bin/sh
# Starts the proxy of a folder once, and leaves beside its jar what the JVM had loaded by then, as
# classes.jsa. With -XX:SharedArchiveFile the same JVM maps that from the same place, and needs not
# read and verify it again. Another JVM, or another jar, goes on without.
#
#   share-classes.sh FOLDER [PORT that may be opened meanwhile]
set -eu

folder=$1
port=${2:-6380}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nobody is there, which is known at once; the listener opens all the same.
echo "[{\"listen\": $port, \"master\": {\"host\": \"127.0.0.1\", \"port\": 1}}]" > "$work/listeners.json"
# What it leaves in /tmp would be in an image, too, where another user could not write to it.
java -XX:ArchiveClassesAtExit="$folder/classes.jsa" -XX:-UsePerfData -Djava.io.tmpdir="$work" \
  -Dquarkus.http.port=0 -Dredis-proxy.bind-host=127.0.0.1 -jar "$folder/quarkus-run.jar" "$work/listeners.json" \
  > "$work/log" 2>&1 &
proxy=$!
until grep -q 'Installed features' "$work/log"; do
  if ! kill -0 "$proxy" 2> /dev/null; then
    cat "$work/log" >&2
    exit 1
  fi
  sleep 0.1
done
kill "$proxy"
wait "$proxy" || true
test -s "$folder/classes.jsa" || { cat "$work/log" >&2; exit 1; }
