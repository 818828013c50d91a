#!/usr/bin/env bash
# How long it takes from the start to the first client that is accepted: of the ordinary package, and
# of that of the image, whose classes are shared, in turn. Prints the median of seven of each.
set -euo pipefail
cd "$(dirname "$0")/../.."

runs=7
port=${PORT:-26380}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "[{\"listen\": $port, \"master\": {\"host\": \"127.0.0.1\", \"port\": 1}}]" > "$work/listeners.json"

./mvnw -q package -DskipTests -Dquarkus.package.jar.type=aot-jar > "$work/log" 2>&1
cp -a target/quarkus-app "$work/image"
src/main/docker/share-classes.sh "$work/image" "$port"
# The ordinary one is left where it belongs.
./mvnw -q package -DskipTests > "$work/log" 2>&1
cp -a target/quarkus-app "$work/ordinary"

# Prints the milliseconds that the package of a folder takes, with options of the JVM.
start() {
  local folder=$1
  shift
  local begun
  begun=$(date +%s%N)
  java "$@" -Dquarkus.http.port=0 -jar "$folder/quarkus-run.jar" "$work/listeners.json" \
    > "$work/log" 2>&1 &
  local proxy=$!
  until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
    kill -0 "$proxy" || { cat "$work/log" >&2; exit 1; }
    sleep 0.005
  done
  echo $((($(date +%s%N) - begun) / 1000000))
  kill "$proxy"
  wait "$proxy" || true
}

for ((i = 0; i < runs; i++)); do
  start "$work/ordinary" >> "$work/ordinary.ms"
  start "$work/image" -XX:SharedArchiveFile="$work/image/classes.jsa" >> "$work/image.ms"
done
for each in ordinary image; do
  echo "$each: $(sort -n "$work/$each.ms" | sed -n $((runs / 2 + 1))p) ms"
done
