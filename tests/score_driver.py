#!/usr/bin/env python3
"""Runs blip over each run of a corpus and scores what it finds. Python 3 standard library only.

  score_driver.py BLIP CORPUS [--dev NAME] [score.py options]

CORPUS holds score.py and a folder of runs (NAME, default "dev"), each with its logs and truth.json.
Each run's folder is scanned by itself; the attributes that the scorer reads at the top level are
lifted there.
"""
import json, os, subprocess, sys, tempfile


def detections(blip, folder):
    done = subprocess.run([blip, 'scan', '-o', 'ndjson', '--no-progress', folder],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 4):
        sys.exit('blip scan %s: exit %d\n%s' % (folder, done.returncode, done.stderr.decode()))
    for line in done.stdout.splitlines():
        event = json.loads(line)
        for name in ('metric', 'slope_per_min', 'masked', 'count'):
            if name in event.get('attributes', {}):
                event[name] = event['attributes'][name]
        yield event


def main():
    blip, corpus, options = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    name = 'dev'
    if options[:1] == ['--dev']:
        name, options = options[1], options[2:]
    truth = os.path.join(corpus, name) if not os.path.isabs(name) else name
    with tempfile.TemporaryDirectory() as out:
        if os.environ.get('BLIP_SCORE_KEEP'):
            out = os.environ['BLIP_SCORE_KEEP']
        for run in sorted(os.listdir(truth)):
            folder = os.path.join(truth, run)
            if not os.path.exists(os.path.join(folder, 'truth.json')):
                continue
            with open(os.path.join(out, run + '.ndjson'), 'w') as to:
                for event in detections(blip, folder):
                    to.write(json.dumps(event) + '\n')
        sys.exit(subprocess.run([sys.executable, os.path.join(corpus, 'score.py'), '--truth', truth,
                                 '--detections', out] + options, check=False).returncode)


if __name__ == '__main__':
    main()
