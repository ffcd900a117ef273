#!/bin/sh
# Holds blip to its figures: on a corpus of real restarts, and, five points lower, on runs of other
# services that tests/other_runs.py makes. Says "skipped" (77) where the corpus, which also has the
# scorer, is not at hand.
#
#   score.sh BLIP TESTS_DIR CORPUS
set -e
blip=$1 tests=$2 corpus=$3
[ -d "$corpus/dev" ] || {
  echo "skipped: no corpus of real restarts at $corpus"
  exit 77
}
echo "== real restarts"
python3 "$tests/score_driver.py" "$blip" "$corpus" --floors
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
python3 "$tests/other_runs.py" "$made"
echo "== services that blip was not made for"
python3 "$tests/score_driver.py" "$blip" "$corpus" --dev "$made" --floors 5
