#!/bin/sh
# Runs each fuzz target for a while, from its corpus in the build folder; stops at the first finding.
#   fuzz/run.sh BUILD SECONDS
set -eu
for target in "$1"/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "$1/corpus/$name"
  echo "==> $name, $2 s"
  "$target" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
    -artifact_prefix="$1/$name-" "$1/corpus/$name"
done
