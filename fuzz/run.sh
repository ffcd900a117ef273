#!/bin/sh
# Runs each fuzz target for an equal share of the time, from its committed corpus and what earlier runs
# found worth keeping in the build folder; stops at the first finding, and says where its input is.
#   fuzz/run.sh BUILD SECONDS
# A finding is mended together with its input, which goes to fuzz/corpus/TARGET/: tests replay it.
set -eu
cd "$(dirname "$0")/.."
share=$(($2 / $(find fuzz -name '*_fuzz.cc' | wc -l)))
[ "$share" -gt 0 ] || share=1
for target in "$1"/fuzz/*_fuzz; do
  name=$(basename "$target")
  seeds=fuzz/corpus/$name
  # Of long logs the first 4 KiB: what else they hold is slow, and of one kind.
  case $name in format_fuzz | lines_fuzz | parser_fuzz) seeds="-max_len=4096 $seeds tests/parsers/golden" ;; esac
  mkdir -p "$1/corpus/$name"
  echo "==> $name, $share s"
  # shellcheck disable=SC2086
  "$target" -max_total_time="$share" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
    -artifact_prefix="$1/$name-" "$1/corpus/$name" $seeds
done
