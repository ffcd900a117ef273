#!/bin/sh
# Includes go one way: cli -> agent -> {tailer, parsers, rules, store} -> core. Prints each include
# that goes up or sideways, and each library header outside the folders it belongs to; fails on any.
#   tests/layers.sh [ROOT]
cd "${1:-.}" || exit 2
bad=0

# folder, what it may include of the house
check() {
  folder=$1
  allowed=$2
  found=$(grep -rnE '^#include "' --include='*.h' --include='*.cc' "$folder" 2>/dev/null |
    grep -vE "#include \"($allowed)/")
  if [ -n "$found" ]; then
    echo "$found" | sed 's/^/not allowed here: /'
    bad=1
  fi
}
check core core
check tailer 'core|tailer'
check parsers 'core|parsers'
check rules 'core|rules'
check store 'core|store'
check agent 'core|tailer|parsers|rules|store|agent'
check cli 'core|tailer|parsers|rules|store|agent|cli'
check docker 'core|docker'

# library header, the folders that may know it
library() {
  found=$(grep -rnE "^#include <$1" --include='*.h' --include='*.cc' \
    core tailer parsers rules store agent cli docker 2>/dev/null | grep -vE "^($2)/")
  if [ -n "$found" ]; then
    echo "$found" | sed 's/^/library out of place: /'
    bad=1
  fi
}
library 'sqlite3' 'store'
library 'spdlog' 'agent|cli|docker'
library 're2/' 'parsers|rules'
library 'simdjson' 'parsers'
library 'yaml-cpp' 'rules|agent'
library 'hs/' 'rules'
library '(zlib|zstd)' 'tailer'
library 'systemd/' 'tailer'
library 'CLI/' 'cli'
library 'nlohmann' 'core|store|cli|agent|docker'
library 'httplib' 'agent|docker'
exit $bad
