#!/usr/bin/env python3
"""Writes runs of services that the corpus of real restarts has none of: other programs, words, formats.

  other_runs.py FOLDER [SEED]        the same seed gives the same bytes. Python 3 standard library only.

Each run is a folder with its logs and a truth.json in the corpus's format, so that one scorer serves
both. Half of the runs have no restart at all, and all that looks like one. Nothing in blip is tuned to
these logs: they were written before blip was run on them, and are there to say what it is worth on
logs that nobody has seen.

  2023-08-14 09:12:44.103  INFO 3127 --- [exec-4] c.a.ledger.Booking : booked 88.20 on account 5510
  I0814 09:12:44.103772  3127 tiles.cc:211] tile 12/2201/1343 drawn in 18 ms
  I, [2023-08-14T09:12:44.103772 #3127]  INFO -- : parcel 90131 scanned at gate 7
"""
import datetime, json, os, random, sys

UTC = datetime.timezone.utc


def at(seconds):
    return datetime.datetime.fromtimestamp(seconds, UTC)


def iso(seconds, form='milliseconds'):
    return at(seconds).isoformat(timespec=form).replace('+00:00', '')


# ---- how a line looks: (time, pid, level, part, text) -> line ----

def spring(t, pid, level, part, text):
    return '%s %5s %d --- [exec-%d] c.a.%-22s : %s' % (
        iso(t).replace('T', ' '), level.upper(), pid, 1 + int(t * 7) % 8, part, text)


def zap(t, pid, level, part, text):
    return json.dumps({'level': level, 'ts': round(t, 6), 'caller': part + '.go:%d' % (31 + len(text)),
                       'msg': text}, separators=(',', ':'))


def logfmt(t, pid, level, part, text):
    return 'ts=%sZ level=%s component=%s msg="%s"' % (iso(t), level, part, text.replace('"', "'"))


def tracing(t, pid, level, part, text):
    return '%sZ %5s %s: %s' % (iso(t, 'microseconds'), level.upper(), part, text)


def dotnet(t, pid, level, part, text):
    word = {'info': 'info', 'warn': 'warn', 'error': 'fail', 'debug': 'dbug'}[level]
    return '[%s] %s: Acme.%s[0] %s' % (iso(t).replace('T', ' '), word, part, text)


def ruby(t, pid, level, part, text):
    return '%s, [%s #%d] %5s -- : %s' % (level[0].upper(), iso(t, 'microseconds'), pid, level.upper(), text)


def elixir(t, pid, level, part, text):
    return '%s [%s] %s' % (at(t).strftime('%H:%M:%S.') + '%03d' % (t % 1 * 1000), level, text)


def monolog(t, pid, level, part, text):
    return '[%s+00:00] %s.%s: %s [] []' % (iso(t, 'microseconds'), part, level.upper(), text)


def glog(t, pid, level, part, text):
    return '%s%s  %d %s.cc:%d] %s' % (level[0].upper(), at(t).strftime('%m%d %H:%M:%S.%f'), pid, part,
                                      40 + len(part) * 7, text)


def pino(t, pid, level, part, text):
    number = {'debug': 20, 'info': 30, 'warn': 40, 'error': 50}[level]
    return json.dumps({'level': number, 'time': int(t * 1000), 'pid': pid, 'hostname': 'node-7',
                       'module': part, 'msg': text}, separators=(',', ':'))


def apache(t, pid, level, part, text):
    return '[%s] [%s:%s] [pid %d] %s' % (at(t).strftime('%a %b %d %H:%M:%S.%f %Y'), part, level, pid, text)


def tsv(t, pid, level, part, text):
    return '%d\t%s\t%s\t%s' % (t * 1000, level.upper(), part, text)


def container(t, pid, level, part, text):
    return json.dumps({'log': '%s %s %s\n' % (level.upper()[:4], part, text), 'stream': 'stdout',
                       'time': iso(t, 'microseconds') + '000Z'}, separators=(',', ':'))


SHOWS_PID = (spring, ruby, pino, apache)  # glog's number is a thread

# ---- what services do: level, part, text; # is a number, @ a name ----

WORK = {
    'ledger': ('info Booking booked #.20 on account #|info Booking booked #.75 on account #|info Rates rate of @ fetched'
               '|debug Audit entry # sealed|info Booking statement # sent to @|warn Rates rate of @ is # s old'),
    'tiles': ('info tiles tile 12/#/# drawn in # ms|info cache kept # tiles, dropped #|info tiles tile 9/#/# drawn in # ms'
              '|warn tiles tile 14/#/# took # ms|info style sheet @ parsed'),
    'bidder': ('info auction bid #.12 on slot #|info auction lost slot # to @|info budget campaign # has #.50 left'
               '|debug auction no bid on slot #|warn budget campaign # is nearly spent'),
    'thermo': ('info gateway probe # reads #.4 C|info gateway probe # reads #.9 C|info relay valve # at # percent'
               '|warn gateway probe # is late by # s|info store # readings kept'),
    'parcel': ('info scan parcel # scanned at gate #|info scan parcel # sorted to belt #|info label label # printed'
               '|warn belt belt # is full|info scan parcel # handed to @'),
    'chatter': ('info room # joined by @|info room message # delivered to # members|info room # left by @'
                '|debug push # pushed to @|warn push @ is unreachable'),
    'reel': ('info encode clip # at # percent|info encode clip # cut into # pieces|info upload piece # of clip # stored'
             '|warn encode clip # drops frames|info thumb frame # taken'),
    'index': ('info query # hits for @ in # ms|info merge segment # merged, # documents|info query no hits for @ in # ms'
              '|info crawl page # read|warn query # took # ms'),
    'turnstile': ('info login @ let in by rule #|info login @ refused by rule #|debug token token # refreshed'
                  '|info login badge # seen at door #|warn login @ tried # times'),
    'quoter': ('info quote quote # of #.10 for @|info quote quote # of #.95 for @|info table table # looked up'
               '|info quote quote # withdrawn|warn table row # has no tariff'),
}
NAMES = 'anna bruno chiara dario elena franco giulia hugo ines jonas karla luca mara nino olga paolo'.split()
ERRORS = {  # what goes wrong now and then, and in bursts
    'ledger': 'posting # failed: account is locked', 'tiles': 'could not draw tile 12/#/#: no such layer',
    'bidder': 'bid on slot # failed: exchange timed out', 'thermo': 'probe # failed: bus error #',
    'parcel': 'could not print label #: printer offline', 'chatter': 'delivery of # failed: peer reset',
    'reel': 'piece # failed: disk quota exceeded', 'index': 'query # failed: shard # unavailable',
    'turnstile': 'token # failed: bad signature', 'quoter': 'quote # failed: tariff service unavailable'}

# What says that it starts, what is only said then but says nothing, and what says that it stops.
BANNERS = {
    'ledger': ['Starting LedgerApplication v{v} using Java 17.0.9 with PID {p}', 'Tomcat initialized with port(s): 8085 (http)',
               'Started LedgerApplication in 4.212 seconds (JVM running for 5.08)'],
    'tiles': ['tileserver {v} starting up', 'reading 14 styles', 'ready to serve on port 7070'],
    'bidder': ['bidder {v} launched', 'loaded 2210 campaigns', 'accepting connections on :9100'],
    'thermo': ['thermo gateway v{v} booting', '64 probes configured', 'gateway is up and running'],
    'parcel': ['Booting parcel {v}', 'Connected to belt controller', 'Server started, waiting for scans'],
    'chatter': ['Running ChatterWeb.Endpoint with Bandit {v} at 0.0.0.0:4000 (http)', 'Access ChatterWeb.Endpoint at http://chat'],
    'reel': ['reel {v} initializing', 'found 4 encoders', 'Now listening on: http://[::]:8090', 'Application started. Press Ctrl+C to shut down.'],
    'index': ['index node {v} starting', 'opened 18 shards', 'index node started'],
    'turnstile': ['turnstile {v} started', 'loaded 310 rules'],
    'quoter': ['quoter {v} startup', '92 tariffs in memory', 'HTTP server listening on 0.0.0.0:8800']}
QUIET = {
    'ledger': ['chart of accounts has 1204 rows', 'fiscal year 2023 is open', 'currency of record is EUR', 'audit trail goes to /var/audit'],
    'tiles': ['projection is EPSG:3857', 'fonts: 12 families', 'tile cache at /var/tiles, 40 GB'],
    'bidder': ['exchange seat 4410', 'floor price 0.08', 'blocklist has 9120 domains'],
    'thermo': ['bus /dev/ttyS2 at 9600 baud', 'site is north hall', 'calibration of march'],
    'parcel': ['belt map revision 31', 'printer spool is /var/spool/labels', 'gate plan: 14 gates'],
    'chatter': ['emoji table of 3600', 'retention is 30 days', 'push certificate expires in 120 days'],
    'reel': ['encoder is x265, preset medium', 'scratch is /mnt/scratch', 'GPU: none'],
    'index': ['analyzer is italian', 'heap of 4 GB', 'stop list has 210 entries'],
    'turnstile': ['directory is ldap://dir', 'policy of 2023-06', 'door map has 88 doors'],
    'quoter': ['tariff year 2023', 'rounding is commercial', 'currency is CHF']}
FAREWELL = {
    'ledger': 'Received SIGTERM, closing the books', 'tiles': 'caught signal 15, exiting', 'bidder': 'shutting down gracefully',
    'thermo': 'stop requested by operator', 'parcel': 'SIGTERM received, finishing scans', 'chatter': 'received SIGTERM - shutting down',
    'reel': 'Application is shutting down...', 'index': 'stopping on signal TERM', 'turnstile': 'got SIGTERM, draining',
    'quoter': 'graceful shutdown initiated'}
LANGUAGE = {'ledger': 'java', 'tiles': 'cpp', 'bidder': 'go', 'thermo': 'rust', 'parcel': 'ruby', 'chatter': 'elixir',
            'reel': 'dotnet', 'index': 'java', 'turnstile': 'python', 'quoter': 'node'}


def last_words(language, rng):
    """A runtime's last words, undated, and the cause they tell."""
    n = rng.randrange(20, 400)
    if language == 'java':
        return ['Exception in thread "main" java.lang.IllegalStateException: page %d is torn' % n,
                '\tat com.acme.store.Pages.load(Pages.java:%d)' % n, '\tat com.acme.App.run(App.java:61)',
                '\tat com.acme.App.main(App.java:22)'], 'exception'
    if language == 'go':
        return ['panic: runtime error: index out of range [%d] with length 4' % n, '', 'goroutine 1 [running]:',
                'main.(*Auction).settle(0xc000112000)', '\t/build/auction.go:%d +0x1d' % n, 'main.main()',
                '\t/build/main.go:40 +0x85', 'exit status 2'], 'panic'
    if language == 'rust':
        return ["thread 'main' panicked at src/bus.rs:%d:17:" % n, 'called `Result::unwrap()` on an `Err` value: Timeout',
                'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace'], 'panic'
    if language == 'ruby':
        return ["/srv/parcel/belt.rb:%d:in `fetch': key not found: :gate (KeyError)" % n,
                "\tfrom /srv/parcel/belt.rb:12:in `route'", "\tfrom bin/parcel:9:in `<main>'"], 'exception'
    if language == 'dotnet':
        return ['Unhandled exception. System.InvalidOperationException: Sequence contains no elements',
                '   at Acme.Reel.Cutter.Cut(Clip clip) in /src/Cutter.cs:line %d' % n,
                '   at Acme.Reel.Program.Main(String[] args) in /src/Program.cs:line 14'], 'exception'
    if language == 'python':
        return ['Traceback (most recent call last):', '  File "/srv/turnstile/main.py", line 31, in <module>', '    serve()',
                '  File "/srv/turnstile/rules.py", line %d, in serve' % n, '    rule = table[badge]', 'KeyError: %d' % n], 'exception'
    if language == 'node':
        return ['/srv/quoter/table.js:%d' % n, '    throw new RangeError("row out of range");', '    ^', '',
                'RangeError: row out of range', '    at lookup (/srv/quoter/table.js:%d:11)' % n,
                '    at Server.quote (/srv/quoter/index.js:40:9)', '', 'Node.js v18.19.0'], 'exception'
    return ["terminate called after throwing an instance of 'std::out_of_range'", '  what():  vector::_M_range_check'], 'abort'


class File:
    """A log and what rotation made of it; a place in it is known by name only in the end."""

    def __init__(self, name):
        self.name, self.parts, self.last = name, [[]], 0

    def add(self, *lines, time=0):
        self.parts[-1].extend(lines)
        self.last = max(self.last, time)
        return (self, len(self.parts) - 1, len(self.parts[-1]))

    def next(self):
        return (self, len(self.parts) - 1, len(self.parts[-1]) + 1)

    def names(self):
        age = len(self.parts) - 1
        return [self.name + ('.%d' % (age - i) if i < age else '') for i in range(age + 1)]


def place(spot):
    file, part, line = spot
    return {'file': file.names()[part], 'line': line}


class Service:
    """One service through its lives."""

    def __init__(self, run, name, form, rng, start, rate=0.2, metrics='', banner='banner', speaks_in=None):
        self.run, self.name, self.form, self.rng = run, name, form, rng
        self.now, self.rate, self.metrics, self.banner = start, rate, metrics, banner
        self.file = speaks_in or File(name + '.log')
        self.other = []  # files beside its own
        self.pid, self.version = rng.randrange(900, 29000), [2, rng.randrange(9), rng.randrange(20)]
        self.work = [entry.split(' ', 2) for entry in WORK[name].split('|')]
        self.gauge = None  # (metric, start level, per minute, top)
        self.total = 0
        self.born = start
        self.next_metrics = start
        self.next_batch = None
        run.services.append(self)
        self.say_start()
        run.initial.append((self, start, (self.file, 0, 1)))

    def fill(self, text):
        out = ''
        for c in text:
            out += str(self.rng.randrange(3, 9000)) if c == '#' else self.rng.choice(NAMES) if c == '@' else c
        return out

    def line(self, level, part, text):
        self.file.add(self.form(self.now, self.pid, level, part, text), time=self.now)

    def say_start(self):
        words = {'banner': BANNERS, 'quiet': QUIET, 'none': {}}[self.banner].get(self.name, [])
        for text in words:
            self.line('info', 'main', text.format(v='.'.join(map(str, self.version)), p=self.pid))
            self.now += self.rng.uniform(0.01, 0.4)
        self.born, self.total, self.next_metrics = self.now, 0, self.now + 20

    def measure(self):
        age = self.now - self.born
        parts = []
        if 'total' in self.metrics:
            parts += ['served=%d' % self.total, 'bytes=%d' % (self.total * 611 + int(age))]
        if 'uptime' in self.metrics:
            parts.append('uptime=%d' % age)
        if self.gauge:
            metric, level, slope, top = self.gauge
            value = level + slope * age / 60
            if top is not None:  # fills and is full
                value = top - (top - level) * 2.718 ** (-age / 2400)
            parts.append('%s=%d' % (metric, value + self.rng.uniform(0, 2)))
        if 'teeth' in self.metrics:
            parts.append('heap_mb=%d' % (80 + age / 9 % 190 + self.rng.uniform(0, 4)))
        if parts:
            self.line('info', 'stats', 'stats ' + ' '.join(parts))

    def live(self, seconds):
        """Ordinary work until then."""
        end = self.now + seconds
        while True:
            busy = 1.2 - abs((self.now / 3600 + 12) % 24 - 12) / 15  # nights are quieter
            self.now += self.rng.expovariate(self.rate * busy)
            if self.now >= end:
                break
            while self.metrics and self.now >= self.next_metrics:
                self.measure()
                self.next_metrics += 60
            self.total += 1
            level, part, text = self.rng.choice(self.work)
            if self.rng.random() < 0.003:
                level, text = 'error', ERRORS[self.name]
            self.line(level, part, self.fill(text))
        self.now = end

    def burst(self, lines):
        first, begun = self.file.next(), self.now
        for _ in range(lines):
            self.now += self.rng.uniform(0.05, 0.4)
            self.line('error', self.work[0][1], self.fill(ERRORS[self.name]))
        self.run.bursts.append((self, begun, self.now, first, self.file.next(), lines))

    def silence(self, seconds):
        begun = self.now
        self.now += seconds
        self.run.silences.append((self, begun, self.now, self.file.next()))
        self.total += 1
        level, part, text = self.work[0]
        self.line(level, part, self.fill(text))

    def trap(self, kind, *texts, level='info', part='main'):
        first = self.file.next()
        for text in texts:
            self.line(level, part, self.fill(text))
            self.now += self.rng.uniform(0.02, 1.5)
        last = self.file.next()
        self.run.traps.append((kind, self, self.now, first, last))

    def restart(self, cause, note='own', supervisor=None, down=None, loop=False):
        """note: where a runtime's last words go (own, err, none)."""
        rng, file, by, elsewhere, also, planned = self.rng, self.file, None, False, [], False
        last = (file, len(file.parts) - 1, len(file.parts[-1]))
        if cause in ('sigterm', 'deploy'):
            planned, by = True, 'shutdown'
            self.line('info', 'main', FAREWELL[self.name])
            last, died = file.next(), self.now
        elif cause == 'trace':
            block, cause = last_words(LANGUAGE[self.name], rng)
            if note == 'own':
                file.add(*block)
                by = 'trace'
            elif note == 'err':
                err = self.beside(self.name + '.err')
                also.append((err, 0, len(err.parts[0]) + 1))
                err.add(*block, time=self.now)
                by = 'trace'
            else:
                cause = 'exit1'
        last = (file, len(file.parts) - 1, len(file.parts[-1]))
        died = self.now
        self.now += down if down is not None else rng.uniform(1.2, 8)
        if supervisor:
            told = supervisor(self, cause, died, self.now, planned)
            also.append(told)
            elsewhere = not planned and cause != 'exit0'
        if cause == 'deploy':
            self.version[2] += 1
        self.pid += rng.randrange(3, 900)
        first = file.next()
        before = len(file.parts[-1])
        self.say_start()
        silent_start = len(file.parts[-1]) == before
        if by is None and self.banner == 'banner':
            by = 'banner'
        evidence = (['pid'] if self.form in SHOWS_PID else []) + (['counter_reset'] if 'total' in self.metrics else [])
        evidence += (['uptime_reset'] if 'uptime' in self.metrics else []) + (['metric_reset'] if self.gauge else [])
        evidence += ['init_lines'] if self.banner == 'quiet' else []
        self.run.restarts.append({
            'service': self.name, 'time_utc_of_death': iso(died) + 'Z', 'time_utc_of_start': iso(self.now) + 'Z',
            'first_log_line_after_start': first, 'also': also, 'last_log_line_before_death': last, 'cause': cause,
            'planned': planned, 'explicit': by is not None, 'explicit_by': by,
            'evidence': evidence if not silent_start or evidence else ['gap'], 'crash_loop': loop,
            'pid_before': None, 'pid_after': None, 'explicit_elsewhere': elsewhere})

    def beside(self, name):
        for file in self.other:
            if file.name == name:
                return file
        self.other.append(File(name))
        return self.other[-1]


# ---- who starts them again: writes, and gives the place of the start ----

def stamp(t):
    return at(t).strftime('%b %e %H:%M:%S')


def systemd(service, cause, died, born, planned):
    log = service.run.shared('syslog')
    unit = service.name + '.service'

    def tell(t, text):
        log.add('%s node-7 systemd[1]: %s' % (stamp(t), text), time=t)
    if planned:
        tell(died, 'Stopping %s - %s...' % (unit, service.name))
        tell(born, 'Stopped %s - %s.' % (unit, service.name))
    elif cause == 'exit0':
        tell(died, '%s: Deactivated successfully.' % unit)
    else:
        status = {'kill9': 'code=killed, status=9/KILL', 'segv': 'code=dumped, status=11/SEGV', 'oom': 'code=killed, status=9/KILL',
                  'abort': 'code=dumped, status=6/ABRT'}.get(cause, 'code=exited, status=%d/FAILURE' % (2 if cause == 'panic' else 1))
        if cause == 'oom':
            log.add('%s node-7 kernel: Out of memory: Killed process %d (%s) total-vm:2411200kB, anon-rss:1804420kB' %
                    (stamp(died), service.pid, service.name), time=died)
        tell(died, '%s: Main process exited, %s' % (unit, status))
        tell(died, "%s: Failed with result '%s'." % (unit, 'signal' if 'killed' in status else 'core-dump' if 'dumped' in status else 'exit-code'))
        tell(born, '%s: Scheduled restart job, restart counter is at 1.' % unit)
    spot = log.next()
    tell(born, 'Started %s - %s.' % (unit, service.name))
    return spot


def script(service, cause, died, born, planned):
    """A home-made loop in a shell."""
    log = service.run.shared('keepalive.log')
    code = {'kill9': 137, 'segv': 139, 'abort': 134, 'oom': 137, 'exit0': 0, 'sigterm': 143, 'deploy': 143, 'panic': 2}.get(cause, 1)
    log.add('%s keepalive: %s exited with status %d' % (iso(died, 'seconds').replace('T', ' '), service.name, code), time=died)
    spot = log.next()
    log.add('%s keepalive: starting %s again' % (iso(born, 'seconds').replace('T', ' '), service.name), time=born)
    return spot


def dockerd(service, cause, died, born, planned):
    log = service.run.shared('docker-events.log')
    code = {'kill9': 137, 'segv': 139, 'abort': 134, 'oom': 137, 'exit0': 0, 'sigterm': 0, 'deploy': 0, 'panic': 2}.get(cause, 1)
    log.add('%sZ container die 4f1c (exitCode=%d, image=acme/%s:2, name=%s)' % (iso(died, 'microseconds') + '000', code, service.name, service.name), time=died)
    spot = log.next()
    log.add('%sZ container start 4f1c (image=acme/%s:2, name=%s)' % (iso(born, 'microseconds') + '000', service.name, service.name), time=born)
    return spot


class Run:
    def __init__(self, name, notes):
        self.name, self.notes = name, notes
        self.services, self.restarts, self.initial = [], [], []
        self.bursts, self.silences, self.traps, self.leaks, self.files = [], [], [], [], {}

    def shared(self, name):
        return self.files.setdefault(name, File(name))

    def write(self, folder):
        own = os.path.join(folder, self.name)
        os.makedirs(own)
        logs = {}
        for service in self.services:
            for file in [service.file] + service.other:
                logs[file.name] = file
        logs.update(self.files)
        files = {}
        for log in logs.values():
            for name, lines in zip(log.names(), log.parts):
                text = ''.join(line + '\n' for line in lines)
                path = os.path.join(own, name)
                with open(path, 'w') as to:
                    to.write(text)
                os.utime(path, (log.last + 1, log.last + 1))
                files[name] = {'lines': len(lines), 'bytes': len(text.encode()), 'gzip': False}
        for restart in self.restarts:
            for key in ('first_log_line_after_start', 'last_log_line_before_death'):
                restart[key] = place(restart[key])
            restart['also'] = [place(spot) for spot in restart['also']]

        def span(first, last):
            if first[1] != last[1]:
                last = first
            return {'file': place(first)['file'], 'line_from': first[2], 'line_to': max(first[2], last[2] - 1)}
        truth = {
            'run': self.name, 'format': 1, 'clock': {'kind': 'simulated', 'speed': None}, 'log_timezone_offset_h': 0,
            'notes': self.notes, 'supervisors': [],
            'services': [{'name': s.name, 'language': LANGUAGE[s.name], 'notes': '',
                          'files': s.file.names() + [f.name for f in s.other]} for s in self.services],
            'restarts': sorted(self.restarts, key=lambda r: r['time_utc_of_start']),
            'initial_starts': [{'service': s.name, 'time_utc': iso(t) + 'Z', 'first_log_line': place(spot)} for s, t, spot in self.initial],
            'final_stops': [],
            'traps': [dict(span(first, last), type=kind, service=s.name, time_utc=iso(t) + 'Z') for kind, s, t, first, last in self.traps],
            'leaks': self.leaks,
            'error_bursts': [dict(span(first, last), service=s.name, start=iso(a) + 'Z', end=iso(b) + 'Z', lines=n)
                             for s, a, b, first, last, n in self.bursts],
            'silences': [{'service': s.name, 'file': place(spot)['file'], 'start': iso(a) + 'Z', 'end': iso(b) + 'Z', 'line_after': spot[2]}
                         for s, a, b, spot in self.silences],
            'files': files}
        with open(os.path.join(own, 'truth.json'), 'w') as to:
            json.dump(truth, to, indent=1)


HOUR = 3600.0
FORMS = {'ledger': spring, 'tiles': glog, 'bidder': zap, 'thermo': tracing, 'parcel': ruby, 'chatter': elixir, 'reel': dotnet,
         'index': logfmt, 'turnstile': apache, 'quoter': pino}
LEAKS = {'open_files': 1.5, 'rss_kb': 900.0, 'connections': 0.6, 'queue_depth': 2.2}


def leaking(service, metric, slope, masked):
    service.gauge = (metric, 40 if slope < 50 else 90000, slope, None)
    service.run.leaks.append({'service': service.name, 'metric': metric, 'slope_per_min': slope, 'masked': masked})


def with_restarts(rng, start):
    """(name, what it is, steps): lives between causes. Times are hours."""
    def lives(service, causes, hours, **how):
        for cause in causes:
            service.live(hours * HOUR * rng.uniform(0.7, 1.3))
            service.restart(cause, **how)
        service.live(hours * HOUR * rng.uniform(0.5, 1))

    def one(number, name, notes, causes, hours=1.5, form=None, leak=None, burst=0, silence=0, how=None, **made):
        run = Run('r%02d_%s' % (number, name), notes)
        service = Service(run, name, form or FORMS[name], rng, start + number * 86400 * 9 + rng.uniform(0, 80000), **made)
        if leak:
            leaking(service, leak, LEAKS[leak], True)
        if burst:
            service.live(hours * HOUR)
            service.burst(burst)
        if silence:
            service.live(30 * HOUR)
            service.silence(silence)
        lives(service, causes, hours, **(how or {}))
        return run

    yield one(1, 'ledger', 'a start banner, and deaths without a word', ['kill9', 'kill9', 'segv', 'kill9'])
    yield one(2, 'tiles', 'pids in every line, no word at all', ['kill9', 'segv', 'oom', 'kill9', 'segv'], banner='none', form=ruby)
    yield one(3, 'bidder', 'panics in its own log', ['trace', 'kill9', 'trace', 'sigterm'], how={'note': 'own'})
    yield one(4, 'thermo', 'panics in a file of their own', ['trace', 'trace', 'trace'], how={'note': 'err'})
    yield one(5, 'parcel', 'asked to stop, with a new version twice', ['sigterm', 'deploy', 'sigterm', 'deploy'])
    yield one(6, 'chatter', 'times without a date', ['sigterm', 'kill9', 'kill9'])
    yield one(7, 'reel', 'exceptions before the next start', ['trace', 'trace', 'kill9', 'sigterm'])
    yield one(8, 'index', 'counters fall, lines that say nothing at the start', ['kill9', 'kill9', 'oom', 'kill9'], banner='quiet', metrics='total')
    yield one(9, 'turnstile', 'tracebacks among the lines', ['trace', 'kill9', 'trace'], how={'note': 'own'})
    yield one(10, 'quoter', 'systemd tells in syslog', ['kill9', 'segv', 'trace', 'oom'], how={'supervisor': systemd, 'note': 'err'})
    yield one(11, 'ledger', 'counters and an uptime, no banner', ['kill9', 'kill9', 'kill9'], form=logfmt, banner='none', metrics='total uptime')
    yield one(12, 'tiles', 'a script starts it again', ['kill9', 'segv', 'exit0', 'trace'], how={'supervisor': script, 'note': 'err'})
    yield one(13, 'bidder', 'open files leak until it is killed', ['kill9'] * 6, hours=4, leak='open_files', metrics='total', banner='quiet')
    yield one(14, 'thermo', 'memory leaks, and it is killed for it', ['oom'] * 5, hours=6, leak='rss_kb', metrics='uptime', banner='quiet', how={'supervisor': systemd})
    yield one(15, 'parcel', 'connections leak, deploys hide it', ['deploy'] * 5, hours=7, leak='connections', metrics='total')
    yield one(16, 'chatter', 'a queue grows in each life', ['kill9'] * 5, hours=5, leak='queue_depth', metrics='total', form=tracing, banner='none')
    yield one(17, 'reel', 'one burst of errors, then a death', ['trace', 'kill9'], hours=3, burst=60)
    yield one(18, 'index', 'in a container', ['kill9', 'sigterm', 'trace'], form=container, how={'supervisor': dockerd, 'note': 'none'})
    yield one(19, 'turnstile', 'start lines that say nothing', ['kill9'] * 4, form=monolog, banner='quiet')
    yield one(20, 'quoter', 'one silence and two deaths', ['kill9', 'sigterm'], hours=8, silence=3000, rate=0.3)
    yield one(21, 'ledger', 'nothing but a pause', ['kill9'], form=tsv, banner='none', how={'down': 40})
    yield one(22, 'bidder', 'a crash loop', [], hours=1)
    yield one(23, 'thermo', 'a long log with four deaths', ['kill9', 'sigterm', 'deploy', 'kill9'], hours=30, rate=0.25, metrics='total')
    yield one(24, 'parcel', 'rotated in the middle', ['kill9', 'kill9'], hours=3)


def quiet_runs(rng, start):
    """Runs in which nothing restarts."""
    def reload(service):
        service.trap('reload', 'SIGHUP received, reading the configuration again', '# rules in force', 'configuration reloaded')

    def reopen(service):
        service.trap('reload', 'received signal 1, reopening log files', 'log files reopened')

    def worker(service):
        n = service.rng.randrange(2, 9)
        service.trap('worker_reforked', 'worker %d (pid #) exited on signal 9' % n, 'spawned worker %d (pid #)' % n, level='warn')

    def word(service):
        service.trap('restartword', service.rng.choice([
            'customer @ asked to restart subscription #', 'line # restarted after maintenance', 'game # started by @',
            'engine # started, oil at # degrees', 'job # started', 'session # of @ terminated', 'restarting transfer # from byte #',
            'boot order # shipped to @', 'lesson # starting in # minutes']))

    def crash(service):
        service.trap('crashword', service.rng.choice([
            'claim #: car crash, two vehicles', 'client # crashed while playing, report kept', 'plugin # killed by its quota',
            'order # aborted by @', 'panic button # pressed in hall #']), level='warn')

    def leader(service):
        service.trap('leader', 'lost leadership of term #', 'elected leader of term #, taking over # partitions')

    def batch(service):
        service.trap('batch', 'nightly export begins', 'reading # accounts', 'writing export #', 'nightly export done in # s')

    def debug(service):
        service.trap('debug', 'log level set to debug by @')
        for _ in range(400):
            service.now += service.rng.uniform(0.05, 1)
            service.line('debug', 'dump', service.fill('step # of # looked at by @'))

    def clock(service):
        service.now += service.rng.choice((-3600, 3600))
        service.trap('clock_jump', service.work[0][2])

    def rotate(service):
        service.file.parts.append([])
        service.trap('rotation', service.work[0][2])

    def caught(service):
        service.trap('crashword', 'request # failed, caught: index out of range; going on', level='error')

    def one(number, name, notes, traps, hours=10, times=5, form=None, leak=None, cache=False, burst=0, silence=0, **made):
        run = Run('q%02d_%s' % (number, name), notes)
        service = Service(run, name, form or FORMS[name], rng, start + number * 86400 * 5 + rng.uniform(0, 80000), **made)
        if leak:
            leaking(service, leak, LEAKS[leak] / 10, False)
        if cache:
            service.gauge = ('cache_mb', 20, 0, 900)
        for i in range(times):
            service.live(hours * HOUR / (times + 1) * rng.uniform(0.8, 1.2))
            for trap in traps:
                trap(service)
                service.live(rng.uniform(60, 900))
            if burst and i == times - 2:
                service.burst(burst)
            if silence and i == times - 2:
                service.silence(silence)
        service.live(hours * HOUR / (times + 1))
        return run

    yield one(1, 'ledger', 'words of business', [word, crash])
    yield one(2, 'tiles', 'reloads', [reload, word])
    yield one(3, 'bidder', 'elections, and a silence', [leader], silence=2700, hours=20)
    yield one(4, 'thermo', 'reloads and reopened logs', [reload, reopen], metrics='total')
    yield one(5, 'parcel', 'workers and a burst', [worker], burst=40, hours=14)
    yield one(6, 'chatter', 'times without a date; words', [word, crash])
    yield one(7, 'reel', 'a nightly batch', [batch], hours=120, rate=0.08)
    yield one(8, 'index', 'teeth of garbage collection', [word], hours=30, metrics='total teeth', rate=0.2)
    yield one(9, 'turnstile', 'debug switched on', [debug], times=2)
    yield one(10, 'quoter', 'rotated', [rotate], times=2)
    yield one(11, 'ledger', 'a cache that fills', [reload], hours=30, metrics='total', cache=True, form=logfmt, rate=0.2)
    yield one(12, 'tiles', 'a burst of errors', [word], burst=70, hours=12)
    yield one(13, 'bidder', 'a burst of errors and reloads', [reload], burst=50, hours=12)
    yield one(14, 'thermo', 'an hour of silence', [word], silence=3000, hours=72, rate=0.15)
    yield one(15, 'parcel', 'half an hour of silence', [worker], silence=2400, hours=60, rate=0.2)
    yield one(16, 'chatter', 'a leak that nothing resets', [word], leak='open_files', hours=60, rate=0.1, metrics='total', form=tracing)
    yield one(17, 'reel', 'caught errors', [caught, crash], burst=60, hours=16)
    yield one(18, 'index', 'in a container', [word, reload], form=container)
    yield one(19, 'turnstile', 'another format; words and elections', [word, leader], form=monolog)
    yield one(20, 'quoter', 'clocks set', [clock], times=2)
    yield one(21, 'ledger', 'plain columns', [word, crash, reload], form=tsv, burst=45, hours=14)
    yield one(22, 'bidder', 'workers and reloads', [worker, reopen], form=ruby)
    yield one(23, 'thermo', 'nothing happens', [], times=1, form=glog)
    yield one(24, 'parcel', 'nothing happens for days but an hour of silence', [], times=2, silence=3600, hours=80, rate=0.1, form=spring, metrics='total uptime')


def crash_loop(run):
    service = run.services[0]
    for _ in range(4):
        service.restart('trace', loop=True)
        service.live(4)
    service.live(HOUR)


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20231
    start = datetime.datetime(2023, 3, 6, 7, tzinfo=UTC).timestamp()
    for make in (with_restarts, quiet_runs):
        rng = random.Random(seed * 2 + (make is quiet_runs))
        for run in make(rng, start):
            if run.name.startswith('r22'):
                crash_loop(run)
            if run.name.startswith('r24'):  # rotation between the lives
                service = run.services[0]
                service.file.parts.append([])
                service.live(2 * HOUR)
                service.restart('kill9')
                service.live(HOUR)
            run.write(folder)


if __name__ == '__main__':
    main()
