# blip scan beside what its users have today, on generated logs, each pinned to one core:
#
#   rg     -j1 -c --no-unicode -f PATTERNS        which only counts the lines that the pack's patterns hit
#   mtail  one counter for each pattern
#   sec    one rule for each pattern
#   lnav   without a screen, all patterns as one filter
#
# `blip scan` does all it always does: formats, blocks, the whole pack, sensors, judges, a store. Runs take
# turns; figures are medians of CPU seconds (user and system) for each input. The three slow ones read the
# first MiBs only, and their start-up, measured on an empty file, is taken off.
#
# First the lines that the patterns hit are counted by blip's front and by ripgrep, and must be the same.
#
#   compare.py BLIP COUNT_LINES GEN_LOGS FOLDER [--size 1G] [--pairs 5] [--peers rg,mtail,sec,lnav]
import argparse, os, resource, shutil, statistics, subprocess, sys, tempfile, time

options = argparse.ArgumentParser()
for name in ('blip', 'count_lines', 'gen_logs', 'folder'):
    options.add_argument(name)
options.add_argument('--size', default='1G')
options.add_argument('--pairs', type=int, default=5)
options.add_argument('--peers', default='rg,mtail,sec,lnav')
args = options.parse_args()
peers = [p for p in args.peers.split(',') if shutil.which(p)]

KINDS = [('app', []), ('json', []), ('docker', []), ('syslog', []), ('nginx', []),
         ('hot', ['--err-ppm', '300000'])]
SLOW = {'mtail': 1 << 20, 'sec': 1 << 20, 'lnav': 16 << 20}  # bytes that each is given


def cpu(command, cores='0'):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(['taskset', '-c', cores] + command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout)


def peak_mib(command):
    # In a process of its own: ru_maxrss of children never falls.
    code = ('import resource, subprocess, sys\n'
            'subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n'
            'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)')
    return int(subprocess.run([sys.executable, '-c', code] + command, stdout=subprocess.PIPE,
                              check=True).stdout) / 1024


def lines_of(command):
    return set(int(line.split(b':')[0]) for line in cpu(command)[1].splitlines())


os.makedirs(args.folder, exist_ok=True)
work = tempfile.mkdtemp(prefix='blip-compare-')
patterns = os.path.join(work, 'patterns')
with open(patterns, 'w') as out:
    subprocess.run([args.blip, 'rules', 'list', '-o', 'regex'], stdout=out, check=True)
regexes = [line.rstrip('\n') for line in open(patterns)]
os.mkdir(os.path.join(work, 'mtail'))
with open(os.path.join(work, 'mtail', 'pack.mtail'), 'w') as out:
    for i, regex in enumerate(regexes):
        out.write('counter hits_%d\n/%s/ {\n  hits_%d++\n}\n' % (i, regex.replace('/', '\\/'), i))
with open(os.path.join(work, 'pack.sec'), 'w') as out:
    for i, regex in enumerate(regexes):
        out.write('type=Single\nptype=RegExp\ncontinue=TakeNext\npattern=%s\ndesc=hit %d\naction=none\n\n'
                  % (regex, i))


def command_of(tool, log):
    return {
        'blip': [args.blip, 'scan', '--no-progress', log],
        'rg': ['rg', '-j1', '-c', '--no-unicode', '-f', patterns, log],
        'mtail': ['mtail', '-one_shot', '-progs', os.path.join(work, 'mtail'), '-logs', log],
        'sec': ['sec', '--conf=' + os.path.join(work, 'pack.sec'), '--input=' + log, '--notail',
                '--nointevents', '--log=' + os.path.join(work, 'sec.log')],
        'lnav': ['lnav', '-n', '-c', ':filter-in ' + '|'.join(regexes), log],
    }[tool]


print('%d patterns; %s of each log, %d turns; CPU seconds of one core, medians' %
      (len(regexes), args.size, args.pairs))
print('%-7s %9s %9s %9s %8s %8s' % ('log', 'MB/s blip', 'MB/s rg', 'blip : rg', 'peak MiB', 'lines'))
blip_rate = {}
for kind, more in KINDS:
    log = os.path.join(args.folder, '%s-%s.log' % (kind, args.size))
    if not os.path.exists(log):
        base = 'app' if kind == 'hot' else kind
        subprocess.run([args.gen_logs, base, args.size, '--no-plants', '--out', log] + more, check=True)
    size = os.path.getsize(log)
    subprocess.run(['cat', log], stdout=subprocess.DEVNULL, check=True)  # warm
    ours = lines_of([args.count_lines, '-n', log])
    if 'rg' in peers:
        theirs = lines_of(['rg', '-j1', '-n', '--no-unicode', '-f', patterns, log])
        if ours != theirs:
            print('%s: the front finds %d lines, ripgrep %d; only one of them: %s' %
                  (kind, len(ours), len(theirs), sorted(ours ^ theirs)[:10]))
    times = {'blip': [], 'rg': []}
    for _ in range(args.pairs):
        for tool in times:
            if tool == 'blip' or tool in peers:
                times[tool].append(cpu(command_of(tool, log))[0])
    blip = statistics.median(times['blip'])
    blip_rate[kind] = size / blip
    rg = statistics.median(times['rg']) if times['rg'] else float('nan')
    print('%-7s %9.0f %9.0f %8.1fx %8.0f %8d' % (kind, size / blip / 1e6, size / rg / 1e6, rg / blip,
                                                peak_mib(command_of('blip', log)), len(ours)), flush=True)

log = os.path.join(args.folder, 'app-%s.log' % args.size)
for tool, most in SLOW.items():
    if tool not in peers:
        continue
    part, empty = os.path.join(work, 'part.log'), os.path.join(work, 'empty.log')
    with open(log, 'rb') as whole, open(part, 'wb') as out:
        text = whole.read(most)
        out.write(text[:text.rfind(b'\n') + 1])
    open(empty, 'w').close()
    spent = [cpu(command_of(tool, part))[0] - cpu(command_of(tool, empty))[0] for _ in range(3)]
    rate = os.path.getsize(part) / max(1e-3, statistics.median(spent))
    print('%-7s %9.3f MB/s on app; blip is %.0f times as fast' % (tool, rate / 1e6, blip_rate['app'] / rate),
          flush=True)
# Two logs in one folder are read at once, one log is not. Wall time, page cache warm.
pair = os.path.join(args.folder, 'two-' + args.size)
os.makedirs(pair, exist_ok=True)
for seed in ('1', '2'):
    one = os.path.join(pair, 'app-%s.log' % seed)
    if not os.path.exists(one):
        subprocess.run([args.gen_logs, 'app', args.size, '--no-plants', '--seed', seed, '--out', one],
                       check=True)
    subprocess.run(['cat', one], stdout=subprocess.DEVNULL, check=True)
for name, path in (('one log', log), ('two logs', pair)):
    two = []
    for _ in range(args.pairs):
        walls = []
        for cores in ('0', '0,1'):
            begin = time.monotonic()
            cpu(command_of('blip', path), cores)
            walls.append(time.monotonic() - begin)
        two.append(walls[0] / walls[1])
    print('two cores, %s: %.2f times as fast as one; peak %.0f MiB' %
          (name, statistics.median(two), peak_mib(command_of('blip', path))), flush=True)
shutil.rmtree(work)
