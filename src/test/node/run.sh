#!/usr/bin/env bash
# Runs the checks of Node's Redis clients through the packaged proxy, in front of a master with two
# replicas. All that it starts, it ends. Needs node, npm, java and redis-server, and the package:
#   ./mvnw package -DskipTests && src/test/node/run.sh
set -euo pipefail
cd "$(dirname "$0")"
app=$(cd ../../.. && pwd)/target/quarkus-app/quarkus-run.jar

missing=()
for program in node npm java redis-server; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ -f "$app" ] || missing+=("target/quarkus-app (./mvnw package -DskipTests)")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'run.sh: missing: %s\n' "${missing[@]}" >&2
  exit 2
fi

work=$(mktemp -d)
pids=()

stop() {
  # The proxy first, then the replicas, so that none of them complains about the end of another.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap stop EXIT

# As many ports as asked for that were free a moment ago.
free_ports() {
  node -e '
    const servers = Array.from({ length: +process.argv[1] }, () => require("net").createServer());
    Promise.all(servers.map((s) => new Promise((done) => s.listen(0, "127.0.0.1", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(" "));
      servers.forEach((s) => s.close());
    });' "$1"
}

fail() {
  echo "run.sh: $1" >&2
  tail -n 30 "$work"/*.log >&2 || true
  exit 1
}

# await SECONDS WHAT COMMAND...
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what: not in time"
    sleep 0.1
  done
}

start_redis() {
  mkdir "$work/redis-$1"
  redis-server --port "$1" --bind 127.0.0.1 --dir "$work/redis-$1" --save "" --appendonly no \
    --repl-diskless-sync-delay 0 "${@:2}" >"$work/redis-$1.log" 2>&1 &
  pids+=($!)
}

# Whether the proxy, by its own probes, has all its nodes.
all_up() {
  node -e '
    fetch(`http://127.0.0.1:${process.argv[1]}/q/metrics`).then((reply) => reply.text()).then((text) => {
      const nodes = text.match(/^redis_proxy_node_up\S* .*$/gm) ?? [];
      process.exit(nodes.length === 3 && nodes.every((line) => line.endsWith(" 1.0")) ? 0 : 1);
    });' "$1"
}

read -r master replica1 replica2 listen http <<<"$(free_ports 5)"
start_redis "$master"
start_redis "$replica1" --replicaof 127.0.0.1 "$master"
start_redis "$replica2" --replicaof 127.0.0.1 "$master"

cat >"$work/listeners.json" <<JSON
[ { "listen": $listen,
    "master": { "host": "127.0.0.1", "port": $master },
    "slave": [ { "host": "127.0.0.1", "port": $replica1 },
               { "host": "127.0.0.1", "port": $replica2 } ] } ]
JSON
java -Dquarkus.http.port="$http" -Dredis-proxy.bind-host=127.0.0.1 -jar "$app" \
  "$work/listeners.json" >"$work/proxy.log" 2>&1 &
pids+=($!)

# From the lock file, so that every run has the same.
npm ci --no-audit --no-fund --loglevel=error

await 60 "the proxy and its three nodes" all_up "$http"
REDIS_HOST=127.0.0.1 REDIS_PORT=$listen REDIS_REPLICAS=2 node checks.js
