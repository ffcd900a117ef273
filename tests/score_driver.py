#!/usr/bin/env python3
"""Runs blip over each run of a corpus and scores what it finds. Python 3 standard library only.

  score_driver.py BLIP CORPUS [--dev NAME] [--floors [POINTS]] [--but NAME=SHARE]... [score.py options]

CORPUS holds score.py and a folder of runs (NAME, default "dev"; a path is one as it stands), each with
its logs and truth.json. Each run's folder is scanned by itself; the attributes that the scorer reads at
the top level are lifted there. After the scorer's own table come the figures that it does not count:

  causes told           of the restarts whose cause a line tells, how many were given one
  crashes with a note   of the unplanned deaths that left a note, how many were told as a crash
  leak slopes           of the leaks found, how many slopes are within 40 % of the truth

--floors fails (exit 1) where a figure misses its floor, let down by POINTS of a hundred (default 0);
--but puts another floor in the place of one, and says so.
BLIP_SCORE_KEEP=DIR keeps the detections there.
"""
import concurrent.futures, glob, importlib.util, json, math, os, subprocess, sys, tempfile, types

LIFTED = ('metric', 'slope_per_min', 'masked', 'count')
SLOPE_MAY_DIFFER = 0.4

# What must hold on logs blip was not made for: at least so much, or (False) at most.
SHARES = {
    'restart precision': 0.97, 'restart recall': 0.92, 'silent recall': 0.80, 'planned right': 0.95,
    'causes right': 0.95, 'causes told': 0.85, 'crash precision': 0.95, 'crashes with a note': 0.90,
    'leaks found': 0.80, 'leak slopes': 1.0, 'bursts found': 9 / 11, 'silences found': 4 / 5,
}
COUNTS = {'false leaks': 1, 'false bursts': 2, 'false silences': 2, 'false restarts where none is': 0,
          'traps stepped into': 2}


def detections(blip, folder):
    done = subprocess.run([blip, 'scan', '-o', 'ndjson', '--no-progress', folder],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 4):
        raise SystemExit('blip scan %s: exit %d\n%s' %
                         (folder, done.returncode, done.stderr.decode()))
    return [lifted(json.loads(line)) for line in done.stdout.splitlines()]


def lifted(event):
    for name in LIFTED:
        if name in event.get('attributes', {}):
            event[name] = event['attributes'][name]
    return event


def truths_in(scorer, where):
    truths = [scorer.RunTruth(path) for path in sorted(glob.glob(os.path.join(where, '*', 'truth.json')))]
    if not truths:
        raise SystemExit('no truth.json under ' + where)
    return truths


def load_scorer(corpus):
    spec = importlib.util.spec_from_file_location('score', os.path.join(corpus, 'score.py'))
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    return scorer


def matched(scorer, truth, events, restarts):
    """Restart -> event: nearest first, then as many as possible, as the scorer does."""
    pairs = sorted((cost, i, j) for i, event in enumerate(events) for j, restart in enumerate(restarts)
                   for cost in [scorer.cost_restart(truth, event, restart, 3, 2)] if cost is not None)
    of_event, of_restart, fits = {}, {}, {}
    for _, i, j in pairs:
        fits.setdefault(i, []).append(j)
        if i not in of_event and j not in of_restart:
            of_event[i], of_restart[j] = j, i

    def place(i, tried):
        for j in fits[i]:
            if j in tried:
                continue
            tried.add(j)
            if j not in of_restart or place(of_restart[j], tried):
                of_event[i], of_restart[j] = j, i
                return True
        return False

    for i in fits:
        if i not in of_event:
            place(i, set())
    return {j: events[i] for j, i in of_restart.items()}


def told(restart):
    return restart['explicit_by'] in ('trace', 'shutdown', 'supervisor') or restart['explicit_elsewhere']


def noted(restart):
    """An unplanned death that left a note; a stop notice is none."""
    return restart['planned'] is not True and (
        restart['explicit_by'] in ('trace', 'supervisor') or restart['explicit_elsewhere'])


def slopes_of(scorer, truth, events):
    """[within bounds, found] of the leaks of one run."""
    sums = [0, 0]
    for leak in truth.t['leaks']:
        own = [e for e in events if e['kind'] == 'leak' and e.get('slope_per_min') is not None and
               str(e.get('metric')).lower() == leak['metric'].lower() and
               (scorer.svc_score(e, leak['service']) <= 1 or len(truth.t['services']) == 1)]
        if own:
            errors = [abs(e['slope_per_min'] / leak['slope_per_min'] - 1) for e in own]
            sums[0] += min(errors) <= SLOPE_MAY_DIFFER
            sums[1] += 1
    return sums


def extras(scorer, truth, events, options):
    """What the scorer does not count, of one run: name -> [right, of]."""
    restarts = truth.t['restarts']
    pairs = matched(scorer, truth, [e for e in events if e['kind'] == 'restart'], restarts)
    given = [pairs[j].get('cause') not in (None, '', 'unknown') if j in pairs else False
             for j, restart in enumerate(restarts) if told(restart)]
    # The scorer counts crashes over all deaths; here over those that could be known of.
    wrong = [(pairs[j]['cause'], restart) for j, restart in enumerate(restarts)
             if j in pairs and pairs[j].get('cause') not in (None, '', 'unknown') and
             not scorer.cause_ok(pairs[j]['cause'], restart['cause'])]
    truth.t = dict(truth.t, restarts=[r for r in restarts if noted(r)])
    crash = scorer.score_run(truth, events, options)['crash']
    truth.t['restarts'] = restarts
    return {'causes told': [sum(given), len(given)],
            'crashes with a note': [crash['tp'], crash['tp'] + crash['fn']],
            'leak slopes': slopes_of(scorer, truth, events)}, wrong


def figures(total, more):
    def share(right, of):
        return right / of if of else None
    figure = {name: share(*sums) for name, sums in more.items()}
    for name, kind in (('restart', 'restart'), ('crash', 'crash')):
        figure[name + ' precision'] = total[kind]['precision']
    figure['restart recall'] = total['restart']['recall']
    figure['silent recall'] = total['silent']['recall']
    figure['planned right'] = total['planned_flag']['accuracy']
    figure['causes right'] = total['cause']['accuracy_of_given']
    for name, kind in (('leak', 'leak'), ('burst', 'error_burst'), ('silence', 'silence')):
        figure[name + 's found'] = total[kind]['recall']
        figure['false ' + name + 's'] = total[kind]['fp']
    figure['false restarts where none is'] = total['no_restart_logs']['fp']
    figure['traps stepped into'] = sum(stepped for stepped, _ in total['traps'].values())
    return figure


def missed(figure, points):
    for name, floor in SHARES.items():
        if figure[name] is not None and figure[name] < floor - points / 100 - 1e-9:
            yield '%s: %.1f %%, wanted %.1f %%' % (name, 100 * figure[name], 100 * floor - points)
    for name, most in COUNTS.items():
        # "Within five points" of a count: one more in twenty, at least one more.
        allowed = most + (max(1, math.floor(most * points / 100)) if points and most else 0)
        if figure[name] > allowed:
            yield '%s: %d, at most %d allowed' % (name, figure[name], allowed)


def main():
    blip, corpus, options = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    name, points = 'dev', None
    if options[:1] == ['--dev']:
        name, options = options[1], options[2:]
    if options[:1] == ['--floors']:
        points, options = 0.0, options[1:]
        if options and options[0].isdigit():
            points, options = float(options[0]), options[1:]
    while options[:1] == ['--but']:
        figure, share = options[1].split('=')
        print('%s: its floor is %.1f %% here, not %.1f %%' % (figure, 100 * float(share), 100 * SHARES[figure] - (points or 0)))
        SHARES[figure] = float(share) + (points or 0) / 100
        options = options[2:]
    where = name if os.path.isabs(name) else os.path.join(corpus, name)
    scorer = load_scorer(corpus)
    truths = truths_in(scorer, where)
    with tempfile.TemporaryDirectory() as out:
        out = os.environ.get('BLIP_SCORE_KEEP') or out
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda truth: detections(blip, truth.dir), truths))
        for truth, events in zip(truths, found):
            with open(os.path.join(out, truth.run + '.ndjson'), 'w') as to:
                to.writelines(json.dumps(event) + '\n' for event in events)
        code = subprocess.run([sys.executable, os.path.join(corpus, 'score.py'), '--truth', where,
                               '--detections', out] + options, check=False).returncode
    if code != 0 or '--json' in options:
        sys.exit(code)
    usual = types.SimpleNamespace(line_tol=3, time_tol=2.0, strict_initial=False)
    runs, more, wrong = [], {}, []
    for truth, events in zip(truths, found):
        runs.append(scorer.score_run(truth, events, usual))
        sums, misnamed = extras(scorer, truth, events, usual)
        wrong += [(truth.run, cause, restart) for cause, restart in misnamed]
        for figure, (right, of) in sums.items():
            have = more.setdefault(figure, [0, 0])
            have[0] += right
            have[1] += of
    for figure, (right, of) in more.items():
        print('%-25s %d of %d%s' % (figure, right, of, ' = %.1f %%' % (100 * right / of) if of else ''))
    if '--misses' in options:
        for run, cause, restart in wrong:
            print('    misnamed: %s %s as %s, %s at %s' % (run, restart['cause'], cause, restart['service'],
                                                        restart['first_log_line_after_start']))
    if points is None:
        return
    failures = list(missed(figures(scorer.total(runs), more), points))
    for failure in failures:
        print('MISSED  ' + failure)
    print('floors%s: %s' % (' less %g points' % points if points else '',
                            '%d missed' % len(failures) if failures else 'all hold'))
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
