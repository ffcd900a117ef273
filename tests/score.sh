#!/bin/sh
# Scores blip on a corpus of real restarts and fails where a floor is missed; says "skipped" (77)
# where the corpus is not at hand.
#
#   score.sh BLIP SOURCE_DIR
corpus=$2/../shared/corpus
[ -d "$corpus/dev" ] || {
  echo "skipped: no corpus of real restarts at $corpus"
  exit 77
}
exec python3 "$2/tests/score_driver.py" "$1" "$corpus" --floors
