#!/usr/bin/env python3
"""Runs blip over the real-log excerpts of a catalogue and compares what it tells with their index.
Python 3 standard library only.

  excerpts_driver.py BLIP CATALOGUE [-v]

CATALOGUE/excerpts holds the logs and index.jsonl: {"file": ..., "restart_line_numbers": [...]}.
Each log is scanned by itself. Of an ordinary one, an event that says a process ended or came up
(restart, crash, down, crash_loop, host_reboot) must stand within 3 lines of an index line, and no
restart, reboot or down anywhere else. The index lists restarts: a crash elsewhere, as of a service
that nobody started again, is none. How many are right when crashes elsewhere count as wrong, too, is
printed beside it. A *-trap.log must tell of no restart but planned ones.
Exit status 1 when fewer than 24 ordinary ones are right, or a trap is not.
"""
import json, os, subprocess, sys

TELLING = ('restart', 'crash', 'down', 'crash_loop', 'host_reboot')
NEAR = 3  # lines
ENOUGH = 24


def events(blip, path):
    done = subprocess.run([blip, 'scan', '-o', 'ndjson', '--no-progress', '-q', path],
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit('blip scan %s: exit %d' % (path, done.returncode))
    return [json.loads(line) for line in done.stdout.splitlines()]


def fault(found, index, trap):
    """What is wrong with what was told of one log; '' when nothing is."""
    restarts = [e for e in found if e['kind'] != 'crash']
    if trap:
        wrong = [e for e in restarts if e['planned'] is not True]
        return 'tells ' + ', '.join(map(words, wrong)) if wrong else ''

    def near(event):
        return any(abs((event['line'] or 0) - line) <= NEAR for line in index)
    if not any(map(near, found)):
        return 'tells nothing there'
    far = [e for e in restarts if not near(e)]
    return 'tells elsewhere: ' + ', '.join(map(words, far)) if far else ''


def words(event):
    return '%s of %s at line %s (%s, planned %s)' % (
        event['kind'], event['service'], event['line'], event['cause'], event['planned'])


def main():
    blip, folder = os.path.abspath(sys.argv[1]), os.path.join(sys.argv[2], 'excerpts')
    verbose = '-v' in sys.argv
    right = strict = traps_wrong = ordinary = 0
    with open(os.path.join(folder, 'index.jsonl'), encoding='utf-8') as lines:
        for entry in map(json.loads, lines):
            trap = entry['file'].endswith('-trap.log')
            found = [e for e in events(blip, os.path.join(folder, entry['file']))
                     if e['kind'] in TELLING]
            wrong = fault(found, entry['restart_line_numbers'], trap)
            ordinary += not trap
            right += not trap and not wrong
            strict += not trap and not wrong and all(
                any(abs((e['line'] or 0) - line) <= NEAR for line in entry['restart_line_numbers'])
                for e in found)
            traps_wrong += trap and bool(wrong)
            if wrong or verbose:
                print('%-45s %s  %s' % (entry['file'], entry['restart_line_numbers'],
                                        wrong or 'right'))
            if verbose:
                for event in found:
                    print('    ' + words(event))
    print('%d of %d right (%d with no crash told elsewhere either), %d traps fallen into' % (
        right, ordinary, strict, traps_wrong))
    sys.exit(1 if right < min(ENOUGH, ordinary) or traps_wrong else 0)


if __name__ == '__main__':
    main()
