#!/bin/sh
# Opens blip's report of the five stories, and of a hostile log, in a real browser.
#   tests/browser/run.sh BLIP BLIP_STORIES WORK_FOLDER
# Node modules are installed into WORK_FOLDER, which also gets the page and its screenshots. Where
# the browser or the modules cannot be had the test is skipped, and says why (exit 77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
blip=$1
stories=$2
work=$3

skip() {
  echo "skipped: $*"
  exit 77
}
for program in node npm; do
  command -v $program >/dev/null || skip "$program is not installed (./dev test installs it)"
done
BROWSER=$(command -v chromium || command -v chromium-browser) ||
  skip "chromium is not installed (./dev test installs it)"
export BROWSER

mkdir -p "$work"
work=$(cd "$work" && pwd)
if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && timeout 180 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
    skip "npm cannot install the modules: $(grep -m 1 -i 'err' "$work/npm.log" || echo 'it took too long')"
  cp "$here/package-lock.json" "$work/installed.json"
fi

# The stories are from five years and five hosts; app is on three of them, and one is enough.
rm -rf "$work/logs" "$work/blip.db" "$work/blip.db-wal" "$work/blip.db-shm"
"$stories" "$work/logs" >/dev/null
for folder in "$work"/logs/1-*/web-1 "$work"/logs/[2-5]-*; do
  "$blip" scan -q --no-progress --utc --db "$work/blip.db" "$folder" >/dev/null
done
"$blip" report --utc --db "$work/blip.db" -o "$work/stories.html"
"$blip" report --utc --db "$work/blip.db" -o "$work/again.html" >/dev/null
cmp "$work/stories.html" "$work/again.html" || {
  echo "the same store gave two different pages"
  exit 1
}

rm -rf "$work/hostile" "$work/hostile.db" "$work/hostile.db-wal" "$work/hostile.db-shm"
node "$here/hostile_log.mjs" "$work/hostile"
"$blip" scan -q --no-progress --utc --db "$work/hostile.db" "$work/hostile" >/dev/null
"$blip" report --utc --db "$work/hostile.db" -o "$work/hostile.html"

WORK=$work exec node --test "$here/report_test.mjs"
