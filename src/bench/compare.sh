#!/usr/bin/env bash
# Compares this proxy with twemproxy and HAProxy on one machine: throughput, latency, and the CPU
# time of the proxy's process per request.
#
#   ./mvnw package -DskipTests && src/bench/compare.sh
#
# Takes about six minutes; the machine should have nothing else to do. All proxies talk to the same
# master; ours has a replica of it as well. Every case runs ROUNDS times with the proxies in turn, so
# that a slow minute of the machine hits all of them. The tables show medians and what ours is to the
# other; every single measurement is written to target/bench/. Lines of "no-proxy" are the master's
# own: about as many requests as redis-benchmark can send and the machine can serve at all.
#
#   QUICK=1          a first look in less than a minute; its CPU times are rough
#   ROUNDS=5         measurements per case and proxy
#   WARMUP=40        seconds of mixed load before the first measurement, for the JIT compiler's sake
#   SCALE=100        percent of each case's number of requests
#   CASES="get-p1 mget-10:20000"    which cases, with another number of requests if given
#   PROXIES="redis-proxy twemproxy haproxy no-proxy"    which of them; ratios are those of the first
#   PROXY_JAVA_OPTS="-Xmx256m"      JVM options of ours
#   MASTER_PORT=, REPLICA_PORT=     ports of the servers, else free ones
#   EXTRA_PROXIES="name:port:pid"   proxies you have started, one or more; point them at the two
#                                   ports above, they get their servers when the script runs
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."

ROUNDS=${ROUNDS:-$((${QUICK:-0} ? 1 : 5))}
WARMUP=${WARMUP:-$((${QUICK:-0} ? 4 : 40))}
SCALE=${SCALE:-$((${QUICK:-0} ? 20 : 100))}
PROXIES=${PROXIES:-redis-proxy twemproxy haproxy no-proxy}
JAR=target/quarkus-app/quarkus-run.jar
CELL_TIMEOUT=60 # seconds; a proxy that hangs must not hang the comparison

# Name, group, requests for one to three seconds, redis-benchmark's arguments.
all_cases() {
  local ten=''
  for _ in {1..10}; do ten+=' key:__rand_int__'; done
  cat <<TABLE
get-p1    GET_with_50_clients   100000  -c 50 -P 1 -r 100000 -t get
get-p16   GET_with_50_clients   1000000 -c 50 -P 16 -r 100000 -t get
get-p64   GET_with_50_clients   2000000 -c 50 -P 64 -r 100000 -t get
set-p1    SET_with_50_clients   100000  -c 50 -P 1 -r 100000 -t set
set-p16   SET_with_50_clients   600000  -c 50 -P 16 -r 100000 -t set
set-p64   SET_with_50_clients   1000000 -c 50 -P 64 -r 100000 -t set
mget-10   MGET_of_10_keys       40000   -c 50 -P 1 -r 100000 MGET$ten
get-c1000 GET_with_1000_clients 40000   -c 1000 -P 1 -r 100000 -t get
get-16k   GET_of_16_KB          30000   -c 50 -P 1 -r 1000 -t get
TABLE
}

require() {
  local missing=0
  while read -r program package; do
    command -v "$program" >/dev/null && continue
    echo "missing: $program (Debian package $package)" >&2
    missing=1
  done
  return $missing
}

free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000)) # below the ports that outgoing connections take
    [[ " ${taken[*]:-} " == *" $port "* ]] && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  taken+=("$port")
  REPLY=$port
}

# start NAME COMMAND...: runs a program until the script ends; its pid is in REPLY.
start() {
  local name=$1
  shift
  "$@" >"$tmp/$name.log" 2>&1 &
  REPLY=$!
  started+=("$REPLY")
}

await_ping() {
  local name=$1 port=$2
  for _ in {1..150}; do
    [[ $(timeout 1 redis-cli -p "$port" PING 2>&1) == PONG ]] && return
    sleep 0.2
  done
  echo "$name does not answer PING on port $port:" >&2
  tail -n 20 "$tmp/$name.log" >&2 || true
  return 1
}

stop_all() {
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  wait
  rm -rf "$tmp"
}

start_redis() {
  local name=$1 port=$2
  shift 2
  start "$name" redis-server --port "$port" --bind 127.0.0.1 --dir "$tmp" --save "" \
    --repl-diskless-sync-delay 0 "$@"
  await_ping "$name" "$port"
}

start_redis-proxy() {
  free_port
  local http=$REPLY
  printf '[ { "listen": %d, "master": { "host": "127.0.0.1", "port": %d },
    "slave": [ { "host": "127.0.0.1", "port": %d } ] } ]\n' \
    "$1" "$MASTER_PORT" "$REPLICA_PORT" >"$tmp/redis-proxy.json"
  # shellcheck disable=SC2086 # options are separate words
  start redis-proxy java ${PROXY_JAVA_OPTS:-} "-Dquarkus.http.port=$http" -jar "$JAR" \
    "$tmp/redis-proxy.json"
}

# It can't tell reads from writes, so it has the master only.
start_twemproxy() {
  free_port
  local stats=$REPLY
  cat >"$tmp/twemproxy.yml" <<YAML
bench:
  listen: 127.0.0.1:$1
  backlog: 4096
  hash: fnv1a_64
  distribution: modula
  redis: true
  client_connections: 2000
  servers:
    - 127.0.0.1:$MASTER_PORT:1
YAML
  start twemproxy nutcracker -c "$tmp/twemproxy.yml" -a 127.0.0.1 -s "$stats"
}

start_haproxy() {
  cat >"$tmp/haproxy.cfg" <<CFG
global
  maxconn 2000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:$1
  server master 127.0.0.1:$MASTER_PORT
CFG
  start haproxy haproxy -db -f "$tmp/haproxy.cfg"
}

# Clients talk to the master itself, which runs already.
start_no-proxy() {
  port[no-proxy]=$MASTER_PORT
  REPLY=$master_pid
}

# fill BYTES KEYS: gives every key a value, at the master; returns when the replica has them.
fill() {
  redis-cli -p "$MASTER_PORT" FLUSHALL >/dev/null
  seq -f "SET key:%012.0f $(printf "%0$1d" 0)" 0 "$(($2 - 1))" |
    redis-cli -p "$MASTER_PORT" --pipe >/dev/null
  [[ $(redis-cli -p "$MASTER_PORT" WAIT 1 30000) == 1 ]] || {
    echo "the replica did not catch up" >&2
    return 1
  }
}

# Prints the line of results, or the error if there is one. The first thing that redis-benchmark
# sends is CONFIG GET; twemproxy closes the connection on that, redis-benchmark warns and goes on.
load() {
  local port=$1 requests=$2
  shift 2
  timeout "$CELL_TIMEOUT" redis-benchmark -h 127.0.0.1 -p "$port" -n "$requests" --csv "$@" 2>&1 |
    grep -v -e '^WARNING: Could not fetch' -e '^"test"' | tail -n 1
}

# CPU time of a process in milliseconds, of threads that have ended too, in steps of 10.
cpu_millis() {
  local stat
  stat=$(<"/proc/$1/stat")
  # shellcheck disable=SC2206 # fields are words; the name before ')' may have spaces
  local fields=(${stat##*) })
  REPLY=$(((fields[11] + fields[12]) * 1000 / ticks))
}

# cell CASE GROUP ROUND PROXY REQUESTS ARGUMENTS...: one measurement, one line of CSV.
cell() {
  local name=$1 group=$2 round=$3 proxy=$4 requests=$5 cpu line
  shift 5
  kill -0 "${pid[$proxy]}" 2>/dev/null || {
    echo "$proxy has ended:" >&2
    tail -n 20 "$tmp/$proxy.log" >&2
    exit 1
  }
  cpu_millis "${pid[$proxy]}" && cpu=$REPLY
  line=$(load "${port[$proxy]}" "$requests" "$@") || true
  if [[ $line != '"'*'","'* ]]; then
    echo "$name, $proxy, round $round failed: ${line:-no result}" >&2
    return
  fi
  cpu_millis "${pid[$proxy]}" && cpu=$((REPLY - cpu))
  # "test","rps","avg","min","p50","p95","p99","max"
  local result rss
  IFS=, read -ra result <<<"${line//\"/}"
  rss=$(awk '/^VmRSS/ {print $2}' "/proc/${pid[$proxy]}/status")
  printf '%s,%s,%d,%s,%d,%s,%s,%s,%d,%d\n' "$name" "$group" "$round" "$proxy" "$requests" \
    "${result[1]}" "${result[4]}" "${result[6]}" $((cpu * 1000 * 1000 / requests)) "$rss" >>"$csv"
}

# Runs every case for a second in turn, and clients that connect anew for each request, as every
# measurement begins with clients that connect.
warm_up() {
  local proxy=$1 until=$((SECONDS + $2)) arguments
  while true; do
    while read -r _ _ _ arguments; do
      # shellcheck disable=SC2086
      timeout 1 redis-benchmark -h 127.0.0.1 -p "${port[$proxy]}" -n 100000000 -q $arguments \
        </dev/null >/dev/null 2>&1 || true
      ((SECONDS < until)) || return 0
    done < <(
      all_cases
      echo 'connect - - -c 50 -k 0 -r 100000 -t get'
    )
  done
}

measure() {
  local name=$1 group=$2 requests=$3 i
  shift 3
  for ((i = 0; i < ROUNDS; i++)); do
    # Each round begins with another proxy: nobody always follows the same one.
    for proxy in "${names[@]:i % ${#names[@]}}" "${names[@]:0:i % ${#names[@]}}"; do
      cell "$name" "$group" $((i + 1)) "$proxy" "$requests" "$@"
    done
    printf . >&2
  done
}

report() {
  awk -F, -v proxies="${names[*]}" '
    function median(key, field,   n, i, j, v, sorted) {
      n = count[key]
      for (i = 1; i <= n; i++) {
        v = value[key, field, i]
        for (j = i; j > 1 && sorted[j - 1] > v; j--) sorted[j] = sorted[j - 1]
        sorted[j] = v
      }
      return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
    }
    NR == 1 { next }
    {
      if (!($1 in group)) { cases[++total] = $1; group[$1] = $2 }
      key = $1 SUBSEP $4
      n = ++count[key]
      for (f = 6; f <= 10; f++) value[key, f, n] = $f + 0
    }
    END {
      width = split(proxies, proxy, " ")
      for (c = 1; c <= total; c++) {
        name = cases[c]
        if (group[name] != last) {
          last = title = group[name]
          gsub("_", " ", title)
          printf "\n%s\n%-10s %-12s %9s %8s %8s %11s %7s %10s %10s\n", title, "case", "proxy",
            "rps", "p50 ms", "p99 ms", "CPU us/req", "RSS MB", "rps ratio", "CPU ratio"
        }
        for (p = 1; p <= width; p++) {
          key = name SUBSEP proxy[p]
          if (!(key in count)) { printf "%-10s %-12s failed\n", name, proxy[p]; continue }
          rps = median(key, 6); cpu = median(key, 9) / 1000
          printf "%-10s %-12s %9d %8.3f %8.3f %11.2f %7d", name, proxy[p], rps, median(key, 7),
            median(key, 8), cpu, median(key, 10) / 1024
          first = name SUBSEP proxy[1]
          if (p > 1 && (first in count) && rps > 0 && cpu > 0)
            printf " %10.2f %10.2f", median(first, 6) / rps, median(first, 9) / 1000 / cpu
          printf "\n"
        }
      }
    }' "$csv"
  printf '\nratios: %s / the proxy of the line. raw: %s\n' "${names[0]}" "$csv"
}

require <<'PROGRAMS'
redis-server redis-server
redis-cli redis-tools
redis-benchmark redis-tools
nutcracker nutcracker
haproxy haproxy
java openjdk-17-jre-headless
PROGRAMS
[[ " $PROXIES " != *" redis-proxy "* || -f $JAR ]] || {
  echo "no $JAR: run ./mvnw package -DskipTests" >&2
  exit 1
}

ulimit -n "$(ulimit -Hn)"
ticks=$(getconf CLK_TCK)
tmp=$(mktemp -d)
started=() taken=() names=()
declare -A port pid
trap stop_all EXIT
trap 'exit 130' INT TERM

[[ -n ${MASTER_PORT:-} ]] || { free_port && MASTER_PORT=$REPLY; }
[[ -n ${REPLICA_PORT:-} ]] || { free_port && REPLICA_PORT=$REPLY; }
start_redis master "$MASTER_PORT" && master_pid=$REPLY
start_redis replica "$REPLICA_PORT" --replicaof 127.0.0.1 "$MASTER_PORT"
fill 3 100000

for proxy in $PROXIES; do
  free_port && port[$proxy]=$REPLY
  "start_$proxy" "${port[$proxy]}" && pid[$proxy]=$REPLY
  names+=("$proxy")
done
for extra in ${EXTRA_PROXIES:-}; do
  IFS=: read -r proxy extra_port extra_pid <<<"$extra"
  port[$proxy]=$extra_port pid[$proxy]=$extra_pid
  names+=("$proxy")
done
for proxy in "${names[@]}"; do
  await_ping "$proxy" "${port[$proxy]}"
done

mkdir -p target/bench
csv=target/bench/compare-$(date +%Y%m%d-%H%M%S).csv
echo 'case,group,round,proxy,requests,rps,p50_ms,p99_ms,cpu_ns_per_request,rss_kb' >"$csv"
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(redis-server --version | cut -d' ' -f1-3)," \
  "$ROUNDS rounds of ${names[*]}"

for proxy in "${names[@]}"; do
  seconds=3
  [[ $proxy != redis-proxy ]] || seconds=$WARMUP
  warm_up "$proxy" "$seconds"
done

while read -r name group requests arguments; do
  if [[ -n ${CASES:-} ]]; then
    [[ " $CASES " =~ " $name"(:([0-9]+))?" " ]] || continue
    requests=${BASH_REMATCH[2]:-$requests}
  fi
  if [[ $name == get-16k ]]; then fill 16384 1000; fi
  # shellcheck disable=SC2086
  measure "$name" "$group" $((requests * SCALE / 100)) $arguments </dev/null
done < <(all_cases)
echo >&2
report
