#!/bin/sh
# What blip costs: whole pack, all sensors, judges and the store on.
#
#   bench/run.sh [SIZE]            scan the `app` log of SIZE (256M) on one core: MB/s, CPU seconds,
#                                  peak memory
#   bench/run.sh agent [SECONDS]   the host agent, SECONDS (20) of each phase: idle, 500 appends a
#                                  second over 1,000 files, and how soon a line's event is stored
#   bench/run.sh compare [FLAGS]   beside ripgrep, mtail, sec and lnav: --size 1G --pairs 5  (bench/compare.py)
#   bench/run.sh history [FLAGS]   ten million events of 5,000 services: how soon questions are answered,
#                                  and how long a writer waits beside `store prune` of half of it;
#                                  --events N for less, --runs N (50), --no-prune, --prune-seconds N  (bench/history.cc)
#   bench/run.sh docker [PART]     the log driver beside json-file under a dockerd of our own, and a flood of
#                                  200 containers; PART: throughput [PAIRS], flood [CONTAINERS [SECONDS]]
#                                  (bench/docker_cost.cc)
#   bench/run.sh templates [FOLDER]  the template miner: lines a second, and group accuracy over lines made of
#                                  known templates and over FOLDER/*_2k.log_structured.csv (bench/templates.cc)
#
# Figures of a scan are whole-process, page cache warm. What was planted in the log and what blip found of it
# is printed too: a fast scan that finds nothing is worth nothing.
set -eu
cd "$(dirname "$0")/.."
blip=build/release/blip
out=${BLIP_BENCH_DIR:-build/bench}
mkdir -p "$out"

if [ "${1:-}" = agent ]; then
  [ "$out/agent_cost" -nt bench/agent_cost.cc ] ||
    g++ -O2 -std=c++20 bench/agent_cost.cc -lsqlite3 -lpthread -o "$out/agent_cost"
  shift
  exec "$out/agent_cost" "$blip" "$@"
fi

if [ "${1:-}" = history ]; then
  [ "$out/history" -nt bench/history.cc ] ||
    g++ -O2 -std=c++20 bench/history.cc -lsqlite3 -lpthread -o "$out/history"
  shift
  # The store is made once for each size.
  events=10000000
  for word in "$@"; do
    [ "${last:-}" != --events ] || events=$word
    last=$word
  done
  exec "$out/history" "$blip" "$out/history-$events.db" "$@"
fi

if [ "${1:-}" = docker ]; then
  shift
  cc -O2 -static bench/ticker.c -o "$out/ticker"
  g++ -O2 -std=c++20 -I. bench/docker_cost.cc -lpthread -o "$out/docker_cost"
  exec "$out/docker_cost" "$blip" build/release/blip-docker-driver "$out/ticker" "$@"
fi

if [ "${1:-}" = compare ]; then
  [ "$out/gen_logs" -nt bench/gen_logs.cc ] || g++ -O2 -std=c++20 bench/gen_logs.cc -o "$out/gen_logs"
  shift
  exec python3 bench/compare.py "$blip" build/release/count_lines "$out/gen_logs" "$out" "$@"
fi

pin=  # a word before a command, not a function: Python runs some of them
! command -v taskset >/dev/null || pin='taskset -c 0'

# app_log SIZE: `log` is one of that size, in the page cache
app_log() {
  [ -x "$out/gen_logs" ] || g++ -O2 -std=c++20 bench/gen_logs.cc -o "$out/gen_logs"
  log=$out/app-$1.log
  [ -f "$log" ] || "$out/gen_logs" app "$1" --out "$log" 2>"$log.plants"
  cat "$log" >/dev/null
}

if [ "${1:-}" = templates ]; then
  shift
  app_log 256M
  $pin build/release/bench_templates "$log" "$@"
  exit
fi

app_log "${1:-256M}"

# timed NAME COMMAND...: one line of figures, from the kernel's own accounting of the child
timed() {
  name=$1
  shift
  python3 - "$name" "$(stat -c %s "$log")" "$@" <<'EOF'
import os, resource, subprocess, sys, time
name, size, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
begin = time.monotonic()
subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
wall = time.monotonic() - begin
use = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = use.ru_utime + use.ru_stime
print('%-10s %7.0f MB/s wall  %6.2f s CPU  %6.2f s wall  %5.0f MiB peak' %
      (name, size / 1e6 / wall, cpu, wall, use.ru_maxrss / 1024))
EOF
}

for _ in 1 2 3; do timed blip $pin "$blip" scan --no-progress "$log"; done
echo "planted: $(grep -c PLANT "$log.plants") restarts, $(grep -vc silent "$log.plants") of them told by a line"
$blip scan --no-progress -o ndjson "$log" | grep -c '"kind":"restart"' | sed 's/^/found: /; s/$/ restarts/'
