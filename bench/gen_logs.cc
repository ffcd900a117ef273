// gen_logs - deterministic log workload generator for the measurements here.
//
//   g++ -O2 -std=c++20 gen_logs.cc -o gen_logs
//   gen_logs KIND SIZE [--seed N] [--err-ppm N] [--restart-lines N] [--out FILE]
//   gen_logs fleet DIR FILES LINES_PER_FILE [--seed N]          (writes FILES small files once)
//   gen_logs fleet-append DIR FILES LINES_PER_SEC SECONDS       (appends at a steady rate)
//
// KIND   app     plain app log, ~120 bytes a line, stack traces, METRICS lines, restarts
//        json    bunyan/pino style objects, ~250 bytes a line, nested fields
//        docker  json-file driver wrapping of `app` ({"log":"...\n","stream":...,"time":...})
//        syslog  RFC 3164 style syslog with upstart's init lines
//        nginx   access log, combined format plus request time
// SIZE   bytes, with an optional K, M or G suffix; output stops at the first line end past SIZE.
//
// The same arguments give the same bytes on every machine: the generator is splitmix64 and integer
// arithmetic only, and time is simulated. Every planted happening is reported on stderr as one
// line `PLANT <byte offset> <kind>`, so a test can compare what a program found with what is there
// (--no-plants silences that).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Rng {
  uint64_t s;
  uint64_t next() {
    uint64_t z = (s += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t n) { return uint32_t((unsigned __int128)(next()) * n >> 64); }
  bool ppm(uint32_t n) { return below(1000000) < n; }
};

struct Sink {
  FILE* f = stdout;
  uint64_t written = 0;
  std::string buf;
  Sink() { buf.reserve(1 << 20); }
  void flush() {
    if (!buf.empty() && fwrite(buf.data(), 1, buf.size(), f) != buf.size()) {
      perror("write");
      exit(1);
    }
    written += buf.size();
    buf.clear();
  }
  uint64_t offset() const { return written + buf.size(); }
  void maybe() {
    if (buf.size() > (1 << 20) - 65536) flush();
  }
};

void dec(std::string& o, uint64_t v) {
  char t[24];
  int n = 0;
  do {
    t[n++] = char('0' + v % 10);
    v /= 10;
  } while (v);
  while (n) o += t[--n];
}
void pad(std::string& o, uint64_t v, int w) {
  char t[24];
  for (int i = w - 1; i >= 0; --i) {
    t[i] = char('0' + v % 10);
    v /= 10;
  }
  o.append(t, w);
}
void hex(std::string& o, uint64_t v, int w) {
  for (int i = w - 1; i >= 0; --i) o += "0123456789abcdef"[(v >> (4 * i)) & 15];
}

// Simulated clock: milliseconds since the epoch, with the calendar split cached per day.
struct Clock {
  int64_t ms = 1403639453000;  // 2014-06-24 19:50:53 UTC
  int64_t day = -1;
  int y = 0, mo = 0, d = 0, wd = 0;
  void split() {
    int64_t dd = ms / 86400000;
    if (dd == day) return;
    day = dd;
    wd = int((dd + 4) % 7);
    int64_t z = dd + 719468, era = z / 146097;
    unsigned doe = unsigned(z - era * 146097),
             yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    d = int(doy - (153 * mp + 2) / 5 + 1);
    mo = int(mp < 10 ? mp + 3 : mp - 9);
    y = int(yoe + era * 400 + (mo <= 2));
  }
  void hms(std::string& o) {
    uint32_t s = uint32_t(ms / 1000 % 86400);
    pad(o, s / 3600, 2);
    o += ':';
    pad(o, s / 60 % 60, 2);
    o += ':';
    pad(o, s % 60, 2);
  }
  void plain(std::string& o) {
    split();
    pad(o, y, 4);
    o += '-';
    pad(o, mo, 2);
    o += '-';
    pad(o, d, 2);
    o += ' ';
    hms(o);
  }
  void iso(std::string& o, int digits) {
    split();
    pad(o, y, 4);
    o += '-';
    pad(o, mo, 2);
    o += '-';
    pad(o, d, 2);
    o += 'T';
    hms(o);
    o += '.';
    if (digits == 3)
      pad(o, ms % 1000, 3);
    else
      pad(o, uint64_t(ms % 1000) * 1000000 + uint64_t(ms * 7919 % 1000000), 9);
    o += 'Z';
  }
  static constexpr const char* kMon[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  void sys(std::string& o) {
    split();
    o += kMon[mo - 1];
    o += ' ';
    if (d < 10) {
      o += ' ';
      dec(o, d);
    } else
      dec(o, d);
    o += ' ';
    hms(o);
  }
  void clf(std::string& o) {
    split();
    pad(o, d, 2);
    o += '/';
    o += kMon[mo - 1];
    o += '/';
    pad(o, y, 4);
    o += ':';
    hms(o);
    o += " +0000";
  }
};

const char* const kUsers[] = {"alice", "bob",   "carol", "dave", "erin",    "frank",
                              "grace", "heidi", "ivan",  "judy", "mallory", "niaj"};
const char* const kPaths[] = {
    "/api/v1/users",  "/api/v1/orders",       "/api/v1/cart/items", "/healthz",
    "/api/v2/search", "/static/app.js",       "/api/v1/login",      "/api/v1/errors/list",
    "/img/logo.png",  "/api/v1/reports/daily"};
const char* const kUpstreams[] = {"db-primary", "db-replica-1", "cache-3", "queue-a",
                                  "auth",       "billing",      "search-2"};
const char* const kWords[] = {"reconcile", "snapshot", "lease",  "shard",   "ticket", "invoice",
                              "session",   "digest",   "ledger", "replica", "cursor", "bucket"};
template <size_t N>
const char* pick(Rng& r, const char* const (&a)[N]) {
  return a[r.below(uint32_t(N))];
}

struct Gen {
  Rng r;
  Clock c;
  Sink s;
  uint32_t err_ppm = 1000;
  uint32_t restart_lines = 150000;
  bool plants = true;
  uint64_t line = 0, since_start = 0, boots = 0, goroutines = 9, heap = 7377040, pid = 2101;
  uint64_t next_restart = 0;

  void plant(const char* what) {
    if (plants) fprintf(stderr, "PLANT %llu %s\n", (unsigned long long)s.offset(), what);
  }
  void tick() { c.ms += r.below(40); }
  void schedule() { next_restart = line + restart_lines / 2 + r.below(restart_lines + 1); }

  // ---- plain app log: body only (no newline); `pre` writes timestamp and level
  void head(std::string& o, const char* level) {
    c.plain(o);
    o += ' ';
    o += level;
    o += ':';
    hex(o, ((1 + boots / 8) * 2654435761u) & 0xffffffff, 8);
    o += ' ';
  }
  template <class Emit>
  void app_line(Emit&& emit) {
    std::string& o = tmp;
    o.clear();
    tick();
    ++line;
    ++since_start;
    if (line >= next_restart) {
      restart(emit);
      schedule();
      return;
    }
    if (r.ppm(err_ppm)) {
      error(emit);
      return;
    }
    if (line % 997 == 0) {
      goroutines += r.below(3);
      heap += r.below(40960);
      head(o, "info");
      o += "METRICS: goroutines: ";
      dec(o, goroutines);
      o += ", cgo: 40, alloc: ";
      dec(o, heap);
      o += ", totalAlloc: ";
      dec(o, heap * 7 + line);
      o += ", heapAlloc: ";
      dec(o, heap);
      emit(o);
      return;
    }
    switch (r.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        head(o, "info");
        o += "handled request ";
        o += r.below(4) ? "GET " : "POST ";
        o += pick(r, kPaths);
        o += '/';
        dec(o, r.below(100000));
        o += " status=200 bytes=";
        dec(o, r.below(60000));
        o += " dur=";
        dec(o, 1 + r.below(90));
        o += "ms user=";
        o += pick(r, kUsers);
        break;
      case 5:
      case 6:
      case 7:
        head(o, "debug");
        o += "cache lookup key=";
        o += pick(r, kWords);
        o += ':';
        hex(o, r.next(), 16);
        o += r.below(5) ? " hit" : " miss";
        o += " ttl=";
        dec(o, r.below(3600));
        o += " node=";
        o += pick(r, kUpstreams);
        o += " took ";
        dec(o, r.below(900));
        o += "us";
        break;
      case 8:
      case 9:
      case 10:
        head(o, "info");
        o += "worker ";
        dec(o, r.below(64));
        o += " finished job ";
        hex(o, r.next(), 12);
        o += " queue=";
        o += pick(r, kUpstreams);
        o += " attempts=1 waited=";
        dec(o, r.below(5000));
        o += "ms ran=";
        dec(o, r.below(900));
        o += "ms remaining=";
        dec(o, r.below(200));
        break;
      case 11:
      case 12:
        head(o, "info");
        o += "connection from 10.";
        dec(o, r.below(256));
        o += '.';
        dec(o, r.below(256));
        o += '.';
        dec(o, r.below(256));
        o += ':';
        dec(o, 1024 + r.below(60000));
        o += " accepted, active=";
        dec(o, r.below(800));
        o += " idle=";
        dec(o, r.below(200));
        o += " upstream=";
        o += pick(r, kUpstreams);
        break;
      case 13:
      case 14:
        head(o, "debug");
        o += "sql select id, state, updated_at from ";
        o += pick(r, kWords);
        o += "s where owner = ";
        dec(o, r.below(1000000));
        o += " limit 50 rows=";
        dec(o, r.below(51));
        o += " took=";
        dec(o, r.below(30000));
        o += "us";
        break;
      default:
        head(o, "warn");
        o += "slow response from ";
        o += pick(r, kUpstreams);
        o += ": ";
        dec(o, 200 + r.below(900));
        o += "ms over budget 200ms, retry ";
        dec(o, 1 + r.below(3));
        o += " of 3 scheduled";
        break;
    }
    emit(o);
  }
  template <class Emit>
  void go_trace(Emit&& emit, uint32_t frames) {
    std::string& o = tmp;
    o.clear();
    emit(o);
    o = "goroutine ";
    dec(o, 1 + r.below(9000));
    o += " [running]:";
    emit(o);
    for (uint32_t i = 0; i < frames; ++i) {
      o = "main.(*Server).";
      o += pick(r, kWords);
      o += "(0xc";
      hex(o, r.next(), 9);
      o += ", 0x";
      hex(o, r.next(), 8);
      o += ")";
      emit(o);
      o = "\t/srv/app/src/";
      o += pick(r, kWords);
      o += ".go:";
      dec(o, 10 + r.below(900));
      o += " +0x";
      hex(o, r.next(), 3);
      emit(o);
    }
  }
  template <class Emit>
  void error(Emit&& emit) {
    std::string& o = tmp;
    o.clear();
    switch (r.below(5)) {
      case 0:
        head(o, "error");
        o += "BackendConnectionError: dial tcp 10.0.";
        dec(o, r.below(256));
        o += '.';
        dec(o, r.below(256));
        o += ":5432: connect: connection refused";
        emit(o);
        break;
      case 1:
        head(o, "error");
        o += "upstream ";
        o += pick(r, kUpstreams);
        o += " returned 502 after ";
        dec(o, r.below(30000));
        o += "ms";
        emit(o);
        break;
      case 2:
        head(o, "error");
        o += "http: panic serving 10.0.0.";
        dec(o, r.below(256));
        o += ": runtime error: invalid memory address or nil pointer dereference";
        emit(o);
        go_trace(emit, 3 + r.below(6));
        break;
      case 3: {
        head(o, "error");
        o += "TypeError: Cannot read property '";
        o += pick(r, kWords);
        o += "' of undefined";
        emit(o);
        for (uint32_t i = 0, n = 4 + r.below(6); i < n; ++i) {
          o = "    at ";
          o += pick(r, kWords);
          o += " (/srv/app/lib/";
          o += pick(r, kWords);
          o += ".js:";
          dec(o, r.below(900));
          o += ":";
          dec(o, r.below(80));
          o += ")";
          emit(o);
        }
        break;
      }
      default:
        head(o, "error");
        o += "write ";
        o += pick(r, kWords);
        o += ": no space left on device";
        emit(o);
        break;
    }
  }
  template <class Emit>
  void restart(Emit&& emit) {
    std::string& o = tmp;
    o.clear();
    static const char* const kinds[] = {"panic", "fatal", "oom", "segv", "silent"};
    uint32_t k = r.below(5);
    plant(kinds[k]);
    switch (k) {
      case 0:
        o = "panic: runtime error: index out of range [";
        dec(o, r.below(20));
        o += "] with length ";
        dec(o, r.below(9));
        emit(o);
        go_trace(emit, 6 + r.below(20));
        o = "exit status 2";
        emit(o);
        break;
      case 1:
        o = "fatal error: all goroutines are asleep - deadlock!";
        emit(o);
        go_trace(emit, 4 + r.below(8));
        break;
      case 2:
        o = "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory";
        emit(o);
        break;
      case 3:
        o = "SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x";
        hex(o, r.next(), 7);
        emit(o);
        go_trace(emit, 4);
        break;
      default:
        break;  // died without a word: only the start banner and the gap tell
    }
    ++boots;
    since_start = 0;
    goroutines = 9;
    heap = 7377040;
    pid += 3 + r.below(400);
    c.ms += 700 + r.below(4000);
    o.clear();
    head(o, "info");
    o += "Starting server version 1.4.";
    dec(o, boots / 8);
    o += " pid=";
    dec(o, pid);
    o += " go1.2.2 linux/amd64";
    emit(o);
    o.clear();
    head(o, "info");
    o += "Listening on 0.0.0.0:8080";
    emit(o);
  }
  std::string tmp;

  void app() {
    app_line([&](const std::string& l) {
      s.buf += l;
      s.buf += '\n';
      s.maybe();
    });
  }

  static void esc(std::string& o, std::string_view v) {
    for (char ch : v) {
      if (ch == '"' || ch == '\\') {
        o += '\\';
        o += ch;
      } else if (ch == '\t')
        o += "\\t";
      else
        o += ch;
    }
  }
  void docker() {
    app_line([&](const std::string& l) {
      std::string& o = s.buf;
      o += "{\"log\":\"";
      esc(o, l);
      o += "\\n\",\"stream\":\"";
      o += (line & 3) ? "stderr" : "stdout";
      o += "\",\"time\":\"";
      c.iso(o, 9);
      o += "\"}\n";
      s.maybe();
    });
  }
  void json() {
    std::string& o = s.buf;
    tick();
    ++line;
    auto open = [&](int level) {
      o += "{\"name\":\"orders-api\",\"hostname\":\"web-1\",\"pid\":";
      dec(o, pid);
      o += ",\"level\":";
      dec(o, level);
    };
    auto close = [&](const char* msg) {
      o += ",\"msg\":\"";
      o += msg;
      o += "\",\"time\":\"";
      c.iso(o, 3);
      o += "\",\"v\":0}\n";
    };
    if (line >= next_restart) {
      schedule();
      plant("json-restart");
      ++boots;
      open(60);
      o += ",\"err\":{\"name\":\"Error\",\"message\":\"connect ECONNREFUSED "
           "127.0.0.1:6379\",\"code\":\"ECONNREFUSED\",\"stack\":\"Error: connect ECONNREFUSED\\n  "
           "  at TCPConnectWrap.afterConnect (net.js:1141:16)\"}";
      close("uncaughtException, exiting");
      pid += 3 + r.below(400);
      c.ms += 900 + r.below(3000);
      open(30);
      o += ",\"port\":8080";
      close("orders-api listening at http://0.0.0.0:8080");
    } else if (r.ppm(err_ppm)) {
      open(50);
      o += ",\"req_id\":\"";
      hex(o, r.next(), 16);
      o += "\",\"err\":{\"name\":\"TypeError\",\"message\":\"Cannot read property 'id' of "
           "undefined\",\"stack\":\"TypeError: Cannot read property 'id' of undefined\\n    at "
           "Object.";
      o += pick(r, kWords);
      o += " (/srv/app/lib/";
      o += pick(r, kWords);
      o += ".js:";
      dec(o, r.below(900));
      o += ":13)\"}";
      close("unhandled error");
    } else if (line % 997 == 0) {
      heap += r.below(40960);
      open(30);
      o += ",\"metrics\":{\"rss\":";
      dec(o, heap * 9);
      o += ",\"heapUsed\":";
      dec(o, heap);
      o += ",\"eventLoopDelay\":";
      dec(o, r.below(90));
      o += ",\"handles\":";
      dec(o, 20 + r.below(9));
      o += "}";
      close("metrics");
    } else {
      open(r.below(12) ? 30 : (r.below(3) ? 20 : 40));
      o += ",\"req_id\":\"";
      hex(o, r.next(), 16);
      o += "\",\"req\":{\"method\":\"GET\",\"url\":\"";
      o += pick(r, kPaths);
      o += '/';
      dec(o, r.below(100000));
      o += "\",\"remoteAddress\":\"10.1.";
      dec(o, r.below(256));
      o += '.';
      dec(o, r.below(256));
      o += "\"},\"res\":{\"statusCode\":200,\"length\":";
      dec(o, r.below(60000));
      o += "},\"latency\":";
      dec(o, 1 + r.below(300));
      o += ",\"user\":\"";
      o += pick(r, kUsers);
      o += "\"";
      close("request finished");
    }
    s.maybe();
  }
  void syslog() {
    std::string& o = s.buf;
    tick();
    ++line;
    auto h = [&](const char* prog, uint64_t p) {
      c.sys(o);
      o += " web-1 ";
      o += prog;
      if (p) {
        o += '[';
        dec(o, p);
        o += ']';
      }
      o += ": ";
    };
    if (line >= next_restart) {
      schedule();
      ++boots;
      switch (r.below(3)) {
        case 0:
          plant("upstart-respawn");
          h("kernel", 0);
          o += "[";
          dec(o, c.ms / 1000 % 1000000);
          o += ".123456] init: app main process (";
          dec(o, pid);
          o += ") terminated with status 2\n";
          h("kernel", 0);
          o += "[";
          dec(o, c.ms / 1000 % 1000000);
          o += ".123999] init: app main process ended, respawning\n";
          break;
        case 1:
          plant("oom-kill");
          h("kernel", 0);
          o += "Out of memory: Kill process ";
          dec(o, pid);
          o += " (node) score 912 or sacrifice child\n";
          h("kernel", 0);
          o += "Killed process ";
          dec(o, pid);
          o += " (node) total-vm:1893044kB, anon-rss:1402312kB, file-rss:0kB\n";
          break;
        default:
          plant("segfault");
          h("kernel", 0);
          o += "app[";
          dec(o, pid);
          o += "]: segfault at 0 ip 0000000000400b2d sp 00007fff5c2d1a30 error 4 in "
               "app[400000+1000]\n";
          break;
      }
      pid += 3 + r.below(400);
    } else if (r.ppm(err_ppm)) {
      h("app", pid);
      o += "error: BackendConnectionError: connection refused by ";
      o += pick(r, kUpstreams);
      o += '\n';
    } else
      switch (r.below(6)) {
        case 0:
          h("CRON", 3000 + r.below(20000));
          o += "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n";
          break;
        case 1:
          h("sshd", 3000 + r.below(20000));
          o += "Accepted publickey for ";
          o += pick(r, kUsers);
          o += " from 10.0.0.";
          dec(o, r.below(256));
          o += " port ";
          dec(o, 1024 + r.below(60000));
          o += " ssh2\n";
          break;
        case 2:
          h("dhclient", 811);
          o += "DHCPREQUEST on eth0 to 10.0.0.1 port 67 (xid=0x";
          hex(o, r.next(), 8);
          o += ")\n";
          break;
        default:
          h("app", pid);
          o += "info: request ";
          hex(o, r.next(), 8);
          o += " ";
          o += pick(r, kPaths);
          o += " done in ";
          dec(o, r.below(300));
          o += "ms by worker ";
          dec(o, r.below(64));
          o += " for ";
          o += pick(r, kUsers);
          o += '\n';
          break;
      }
    s.maybe();
  }
  void nginx() {
    std::string& o = s.buf;
    tick();
    ++line;
    bool bad = r.ppm(err_ppm);
    if (line >= next_restart) {
      schedule();
      plant("502-burst");
      for (int i = 0; i < 40; ++i) {
        access(o, 502);
      }
    }
    access(o, bad ? 500 + int(r.below(5)) : 200);
    s.maybe();
  }
  void access(std::string& o, int status) {
    dec(o, 1 + r.below(223));
    for (int i = 0; i < 3; ++i) {
      o += '.';
      dec(o, r.below(256));
    }
    o += " - - [";
    c.clf(o);
    o += "] \"GET ";
    o += pick(r, kPaths);
    o += '/';
    dec(o, r.below(100000));
    o += " HTTP/1.1\" ";
    dec(o, status);
    o += ' ';
    dec(o, r.below(60000));
    o += " \"https://example.test/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/";
    dec(o, 30 + r.below(90));
    o += ".0\" 0.";
    pad(o, r.below(1000), 3);
    o += '\n';
  }
};

uint64_t size_arg(const char* a) {
  char* e;
  uint64_t v = strtoull(a, &e, 10);
  if (*e == 'K' || *e == 'k')
    v <<= 10;
  else if (*e == 'M' || *e == 'm')
    v <<= 20;
  else if (*e == 'G' || *e == 'g')
    v <<= 30;
  return v;
}
int usage() {
  fputs(
      "usage: gen_logs app|json|docker|syslog|nginx SIZE [--seed N] [--err-ppm N] [--restart-lines "
      "N] [--no-plants] [--out FILE]\n"
      "       gen_logs fleet DIR FILES LINES_PER_FILE | fleet-append DIR FILES LINES_PER_SEC "
      "SECONDS\n",
      stderr);
  return 2;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return usage();
  std::string kind = argv[1];
  uint64_t seed = 42;
  Gen g{};
  std::vector<const char*> pos;
  for (int i = 2; i < argc; ++i) {
    std::string_view a = argv[i];
    auto val = [&] {
      if (i + 1 >= argc) exit(usage());
      return argv[++i];
    };
    if (a == "--seed")
      seed = strtoull(val(), nullptr, 10);
    else if (a == "--err-ppm")
      g.err_ppm = uint32_t(atoi(val()));
    else if (a == "--restart-lines")
      g.restart_lines = uint32_t(atoi(val()));
    else if (a == "--no-plants")
      g.plants = false;
    else if (a == "--out") {
      g.s.f = fopen(val(), "w");
      if (!g.s.f) {
        perror("open");
        return 1;
      }
    } else
      pos.push_back(argv[i]);
  }
  g.r.s = seed;
  g.schedule();
  if (kind == "fleet" || kind == "fleet-append") {
    if (pos.size() < 3) return usage();
    std::string dir = pos[0];
    mkdir(dir.c_str(), 0755);
    uint32_t files = uint32_t(atoi(pos[1])), per = uint32_t(atoi(pos[2]));
    auto name = [&](uint32_t i) {
      char b[32];
      snprintf(b, sizeof b, "/svc-%04u.log", i);
      return dir + b;
    };
    g.plants = false;
    auto burst = [&](uint32_t i, uint32_t n, const char* mode) {
      FILE* f = fopen(name(i).c_str(), mode);
      if (!f) {
        perror("open");
        exit(1);
      }
      g.s.f = f;
      for (uint32_t k = 0; k < n; ++k) g.app();
      g.s.flush();
      fclose(f);
    };
    if (kind == "fleet") {
      for (uint32_t i = 0; i < files; ++i) burst(i, per, "w");
      return 0;
    }
    uint32_t secs = pos.size() > 3 ? uint32_t(atoi(pos[3])) : 10;
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    for (uint64_t k = 0, n = uint64_t(per) * secs; k < n;
         ++k) {  // one line to one file, evenly spaced
      burst(uint32_t(k * 7919 % files), 1, "a");
      t.tv_nsec += 1000000000L / per;
      while (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        ++t.tv_sec;
      }
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
    }
    return 0;
  }
  if (pos.empty()) return usage();
  uint64_t size = size_arg(pos[0]);
  void (Gen::*fn)() = kind == "app"      ? &Gen::app
                      : kind == "json"   ? &Gen::json
                      : kind == "docker" ? &Gen::docker
                      : kind == "syslog" ? &Gen::syslog
                      : kind == "nginx"  ? &Gen::nginx
                                         : nullptr;
  if (!fn) return usage();
  while (g.s.offset() < size) (g.*fn)();
  g.s.flush();
  return fclose(g.s.f) ? 1 : 0;
}
