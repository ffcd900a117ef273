#!/usr/bin/env python3
"""What each family of evidence carries: the score without it. Python 3 standard library only.

  ablate.py BLIP CORPUS [FAMILY...]        prints the table of docs/detection.md

Each run is scanned once into a store. For each family its signals are deleted from a copy of that
store, and blip judges the copy anew (a scan that finds nothing new to read judges again what it has):
blip itself has no switch for this.
"""
import concurrent.futures, json, os, shutil, sqlite3, subprocess, sys, tempfile, types
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import score_driver

# Numbers of the kinds as stored: core/signal.h.
FAMILIES = {
    'nothing': (),
    'supervisors, kernel, boots': (2, 3, 4, 8),
    'start phrases and words': (5,),
    'learned banners': (17,),
    'pids': (10, 11, 12),
    'counters and uptimes': (13, 14, 15, 21),
    'builds and run ids': (18,),
    'gaps': (16,),
    'death notes': (0, 1),
    'stop notices': (6,),
    'reloads (against)': (7,),
    'gauges': (19,),
    'all but text (words, banners, notes)': (2, 3, 4, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19, 21),
}


def scan(blip, store, folder):
    done = subprocess.run([blip, 'scan', '--db', store, '-o', 'ndjson', '--no-progress', folder],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 4):
        raise SystemExit(done.stderr.decode())
    return [score_driver.lifted(json.loads(line)) for line in done.stdout.splitlines()]


def judge_without(blip, store, folder, kinds):
    copy = '%s.%s' % (store, '-'.join(map(str, kinds)))
    shutil.copy(store, copy)
    with sqlite3.connect(copy) as open_copy:
        open_copy.execute('DELETE FROM signals WHERE kind IN (%s)' % ','.join(map(str, kinds)))
    open_copy.close()
    events = scan(blip, copy, folder)
    os.remove(copy)
    return events


def main():
    blip, corpus, only = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    scorer = score_driver.load_scorer(corpus)
    truths = score_driver.truths_in(scorer, os.path.join(corpus, 'dev'))
    usual = types.SimpleNamespace(line_tol=3, time_tol=2.0, strict_initial=False)
    print('| without | precision | recall | silent found | causes told | false where none is |')
    print('|---|---|---|---|---|---|')
    with tempfile.TemporaryDirectory() as stores, concurrent.futures.ThreadPoolExecutor(2) as pool:
        def store_of(truth):
            return os.path.join(stores, truth.run + '.db')
        list(pool.map(lambda truth: scan(blip, store_of(truth), truth.dir), truths))
        for family, kinds in FAMILIES.items():
            if only and family not in only:
                continue
            found = list(pool.map(lambda truth: judge_without(blip, store_of(truth), truth.dir, kinds), truths))
            runs = [scorer.score_run(truth, events, usual) for truth, events in zip(truths, found)]
            told = [score_driver.extras(scorer, truth, events, usual)[0]['causes told']
                    for truth, events in zip(truths, found)]
            total = scorer.total(runs)
            print('| %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %d |' % (
                family, 100 * (total['restart']['precision'] or 0), 100 * total['restart']['recall'],
                100 * total['silent']['recall'], 100 * sum(a for a, _ in told) / sum(b for _, b in told),
                total['no_restart_logs']['fp']), flush=True)


if __name__ == '__main__':
    main()
