// How soon a long history answers, and whether forgetting half of it makes a writer wait.
//
//   history BLIP STORE [--events 10000000] [--services 5000] [--days 90] [--runs 50] [--no-prune]
//                      [--prune-seconds N: no longer than that]
//
//   restarts --since 24h            p50   17.2 ms  p99   21.0 ms  max   22.9 ms  (2,222 lines)
//   ...
//   prune of half beside a commit every 10 ms: longest wait 12.1 ms (without: 9.8 ms)
//
// The store is filled once, by SQL, and kept at STORE; pruning is done to a copy. Its history ends
// now and is spread evenly over the days and the services: of 100 events 2 are restarts, 2 crashes,
// 10 symptoms, 3 new errors, 1 a silence, and the others matched lines. `api` leaks: a sample a
// minute. Questions are whole processes, page cache warm, with a writer's -wal and -shm beside the
// store.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Plan {
  std::string blip, store;
  int64_t events = 10'000'000;
  int services = 5'000;
  int days = 90;
  int runs = 50;
  bool prune = true;
  int64_t prune_seconds = 0;  // 0: until half is gone
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "history: %s\n", what.c_str());
  std::exit(1);
}

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Ran {
  int code = -1;
  double ms = 0, cpu = 0;
  std::string out;
};

// The whole process, from before it exists until it is gone, or told to go after so many seconds
// (0: never). Its output goes to a file.
Ran run(const Plan& plan, std::vector<std::string> words, int64_t seconds = 0) {
  words.insert(words.begin(), plan.blip);
  words.insert(words.end(), {"--db", plan.store});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string captured = plan.store + ".out";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, captured.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  const Clock::time_point begin = Clock::now();
  pid_t child = 0;
  if (posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ) != 0) die("spawn");
  int status = 0;
  rusage use = {};
  if (seconds > 0) {
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    kill(child, SIGTERM);
  }
  wait4(child, &status, 0, &use);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : 128, ms_since(begin),
          ms(use.ru_utime) + ms(use.ru_stime), ""};
  posix_spawn_file_actions_destroy(&files);
  std::FILE* file = std::fopen(captured.c_str(), "rb");
  char bytes[4096];
  for (size_t n = 0; file != nullptr && (n = std::fread(bytes, 1, sizeof bytes, file)) > 0;) {
    ran.out.append(bytes, n);
  }
  if (file != nullptr) std::fclose(file);
  return ran;
}

sqlite3* open_store(const std::string& path) {
  sqlite3* handle = nullptr;
  if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK) die("open " + path);
  // As blip waits itself: a look every millisecond.
  const auto wait = [](void*, int) { return ::usleep(1000), 1; };
  sqlite3_busy_handler(handle, wait, nullptr);
  return handle;
}

void sql(sqlite3* handle, const std::string& text) {
  char* error = nullptr;
  if (sqlite3_exec(handle, text.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
    die(text.substr(0, 80) + ": " + (error == nullptr ? "?" : error));
  }
}

std::string one(sqlite3* handle, const std::string& text) {
  std::string value;
  const auto take = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) = values[0] == nullptr ? "" : values[0];
    return 0;
  };
  if (sqlite3_exec(handle, text.c_str(), take, &value, nullptr) != SQLITE_OK) {
    die(text + ": " + sqlite3_errmsg(handle));
  }
  return value;
}

uint64_t mixed(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

struct Statement {
  Statement(sqlite3* handle, const char* text) {
    if (sqlite3_prepare_v2(handle, text, -1, &it, nullptr) != SQLITE_OK)
      die(sqlite3_errmsg(handle));
  }
  ~Statement() { sqlite3_finalize(it); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator()(int64_t value) {
    sqlite3_bind_int64(it, ++bound, value);
    return *this;
  }
  Statement& operator()(double value) {
    sqlite3_bind_double(it, ++bound, value);
    return *this;
  }
  Statement& operator()(const std::string& value) {
    sqlite3_bind_text(it, ++bound, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& null() {
    ++bound;
    return *this;
  }
  void go() {
    if (sqlite3_step(it) != SQLITE_DONE) die(sqlite3_errmsg(sqlite3_db_handle(it)));
    sqlite3_reset(it);
    sqlite3_clear_bindings(it);
    bound = 0;
  }
  sqlite3_stmt* it = nullptr;
  int bound = 0;
};

std::string name_of(int service) {
  if (service == 0) return "api";
  char text[32];
  std::snprintf(text, sizeof text, "svc-%04d", service);
  return text;
}

struct What {
  const char *kind, *cause, *severity, *title, *attributes;
};

What what_of(uint64_t roll) {
  static constexpr What restart = {
      "restart", "panic", "error", " restarted silently: panic",
      R"({"certainty":"certain","downtime_s":2.0,"frame":"store.go:217","lifetime_s":18842.0,)"
      R"("message":"fatal error: concurrent map writes"})"};
  static constexpr What crash = {"crash", "panic", "error", " crashed: panic",
                                 R"({"fingerprint":"7a654d97dace10b0","frame":"store.go:217",)"
                                 R"("message":"fatal error: concurrent map writes",)"
                                 R"("restart":"6a32ca229e7a9a63","scope":"service"})"};
  static constexpr What symptom = {"symptom", "unknown", "warning",
                                   ": 502 backend connection error",
                                   R"({"message":"upstream prematurely closed connection"})"};
  static constexpr What fresh = {"new_error", "unknown", "warning", ": an error never seen before",
                                 R"({"message":"cannot allocate lease <*>"})"};
  static constexpr What silence = {"silence", "unknown", "warning", ": no line for 47 m",
                                   R"({"usual_s":40.0})"};
  static constexpr What match = {"match", "unknown", "info", ": lost its broker and gave up",
                                 R"({"broker":"b1","rule":"acme.lost_broker","secs":30})"};
  if (roll < 2) return restart;
  if (roll < 4) return crash;
  if (roll < 14) return symptom;
  if (roll < 17) return fresh;
  return roll < 18 ? silence : match;
}

constexpr int64_t kBatch = 200'000;  // events of one transaction
constexpr int64_t kSecond = 1'000'000;

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Ids are stored with their top bit flipped; being hashes here, they are stored as they come.
int64_t id_of(int64_t n) { return static_cast<int64_t>(mixed(static_cast<uint64_t>(n))); }

void fill_events(sqlite3* db, const Plan& plan, int64_t begin, int64_t step) {
  Statement event(
      db,
      "INSERT INTO events(seq, id, revision, digest, kind, service, host, stream, offset,"
      " number, time, end, quality, planned, explicit, silent, cause, score, confidence,"
      " severity, title, attributes)"
      " VALUES(?,?,1,?,?,?,'web-3',?,?,?,?,?,2,?,0,?,?,?,?,?,?,?)");
  Statement evidence(db,
                     "INSERT INTO evidence(event, position, signal, weight, stream, offset, number,"
                     " time, text) VALUES(?,?,?,?,?,?,?,?,?)");
  Statement life(
      db,
      "INSERT INTO runs(id, digest, service, instance, stream, offset, number, begin_from,"
      " begin_to, end_from, end_to, began_by, ended_by, ending, gauges)"
      " VALUES(?,?,?,'',?,?,?,?,?,?,?,?,?,'panic',?)");
  std::vector<std::pair<int64_t, int64_t>> last(static_cast<size_t>(plan.services), {begin, 0});
  for (int64_t n = 0; n < plan.events; ++n) {
    if (n % kBatch == 0) {
      sql(db, n == 0 ? "BEGIN" : "COMMIT; BEGIN");
      std::fprintf(stderr, "\rfilling %s: %3.0f %%", plan.store.c_str(),
                   100.0 * static_cast<double>(n) / static_cast<double>(plan.events));
    }
    const int64_t seq = n + 1, id = id_of(n), at = begin + n * step;
    const uint64_t roll = mixed(static_cast<uint64_t>(id));
    // `api` also has one event in 1,000 of all.
    const int service = (roll >> 40) % 1000 == 0
                            ? 0
                            : static_cast<int>(roll % static_cast<uint64_t>(plan.services));
    const int64_t stream = service + 1, offset = n * 100;
    const What what = what_of((roll >> 32) % 100);
    const std::string name = name_of(service);
    const bool judged = std::strcmp(what.kind, "match") != 0;
    const bool restart = std::strcmp(what.kind, "restart") == 0;
    const bool silence = std::strcmp(what.kind, "silence") == 0;
    // What no judge has a say in has no digest.
    event(seq)(id)(judged ? id : 0)(what.kind)(name)(stream)(offset)(n)(at);
    silence ? event(at + 2'820 * kSecond) : event.null();
    restart ? event(int64_t{0}) : event.null();
    event(int64_t{restart})(what.cause)(judged ? 5.8 : 0.0)(judged ? 0.997 : 1.0)(what.severity);
    event(name + what.title)(what.attributes).go();
    int64_t position = 0;
    if (judged) {
      evidence(seq)(position++)("prior")(-6.0)(INT64_MIN)(int64_t{0})(int64_t{0}).null();
      evidence("one candidate in 400 is a restart").go();
    }
    evidence(seq)(position++)(judged ? "start phrase" : "line")(judged ? 7.0 : 0.0)(stream)(offset);
    evidence(n)(at)("2024-01-02 03:04:05 FATAL broker b1 unreachable for 30s, giving up").go();
    if (!restart) continue;
    evidence(seq)(position++)("pid replaced")(4.8)(stream)(offset + 80)(n + 1)(at);
    evidence("pid 2211 -> 9034").go();
    auto& [since, by] = last[static_cast<size_t>(service)];
    const int64_t life_id = id_of(n + plan.events);
    life(life_id)(life_id)(name)(stream)(offset)(n)(since)(since)(at - 2 * kSecond)(at)(by)(id);
    life(R"({"goroutines":{"first":9.0,"high":41022.0,"last":40812.0,"low":9.0,"samples":240}})");
    life.go();
    since = at;
    by = id;
  }
  sql(db, "COMMIT");
  std::fprintf(stderr, "\n");
}

void fill(const Plan& plan) {
  if (run(plan, {"scan", "--quiet", "/dev/null"}).code > 4) die("no store at " + plan.store);
  sqlite3* db = open_store(plan.store);
  sql(db,
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000;"
      "PRAGMA foreign_keys = OFF");
  const int64_t span = int64_t{plan.days} * 86'400 * kSecond, end = now_us(), begin = end - span;
  sql(db, "BEGIN");
  {
    Statement name(db, "INSERT INTO names(id, text) VALUES(?, ?)");
    Statement stream(db,
                     "INSERT INTO streams(key, source, path, format, first, last, offset, number,"
                     " marker, whole) VALUES(?, ?, ?, 'go_log', ?, ?, 1000000000, 9000000, 0, 1)");
    for (int i = 0; i < plan.services; ++i) {
      const std::string path = "/var/log/" + name_of(i) + ".log";
      name(int64_t{i} + 2)(name_of(i)).go();
      stream(int64_t{i} + 1)(path)(path)(begin)(end).go();
    }
    name(int64_t{1})("").go();
    // The number of the kind `sample` is an enumerator's: the view knows it.
    const std::string view = one(db, "SELECT sql FROM sqlite_schema WHERE name = 'v_samples'");
    const int64_t kind = std::atoll(view.c_str() + view.rfind("g.kind = ") + 9);
    Statement sample(
        db,
        "INSERT INTO signals(service, time, stream, offset, kind, subject, instance,"
        " number, quality, text, detail, frame, fingerprint, before, after, count)"
        " VALUES(2, ?1, 1, ?2, ?3, CAST('goroutines' AS BLOB), 1, ?2, 2, x'', x'', x'',"
        " 0, NULL, ?4, 1)");
    const int64_t minutes = span / (60 * kSecond);
    for (int64_t i = 0; i < minutes; ++i) {
      sample(begin + i * 60 * kSecond)(i * 100)(kind)(9 + 170.0 * static_cast<double>(i % 240));
      sample.go();
    }
  }
  sql(db, "COMMIT");
  fill_events(db, plan, begin, span / plan.events);
  sql(db,
      "INSERT INTO events(id, revision, digest, kind, service, host, stream, offset, number, time, "
      "end,"
      " quality, planned, explicit, silent, cause, score, confidence, severity, title, attributes)"
      " VALUES(1, 1, 1, 'leak', 'api', 'web-3', 1, 0, 1, " +
          std::to_string(begin) +
          ", NULL, 2, NULL, 0, 0, 'unknown', 5.4, 0.995, 'warning',"
          " 'api leaks goroutines: 170 a minute, masked by restarts',"
          " '{\"from\":9.0,\"lives\":14,\"masked\":true,\"metric\":\"goroutines\","
          "\"slope_per_min\":170.0,\"to\":40639.0}')");
  sql(db, "PRAGMA journal_mode = WAL");
  sqlite3_close(db);
}

double at(const std::vector<double>& sorted, double part) {
  return sorted.empty()
             ? 0
             : sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void ask(const Plan& plan, const std::vector<std::string>& words, const std::string& title) {
  std::vector<double> times, cpu;
  Ran last = run(plan, words);  // warms the page cache
  for (int i = 0; i < plan.runs; ++i) {
    last = run(plan, words);
    if (last.code != 0) die(title + ": exit code " + std::to_string(last.code));
    times.push_back(last.ms);
    cpu.push_back(last.cpu);
  }
  std::sort(times.begin(), times.end());
  std::sort(cpu.begin(), cpu.end());
  std::printf("%-30s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms  CPU p50 %6.1f ms  (%ld lines)\n",
              title.c_str(), at(times, 0.5), at(times, 0.99), times.back(), at(cpu, 0.5),
              static_cast<long>(std::count(last.out.begin(), last.out.end(), '\n')));
}

struct Wait {
  double at = 0;                // s into the run
  double lock = 0, commit = 0;  // ms
};

constexpr double kLong = 25;  // ms: those are told one by one

struct Waits {
  std::vector<double> lock, commit;  // ms
  std::vector<Wait> longest;
  void add(const Wait& wait) {
    lock.push_back(wait.lock);
    commit.push_back(wait.commit);
    if (wait.commit >= kLong) longest.push_back(wait);
  }
  void sort() {
    std::sort(lock.begin(), lock.end());
    std::sort(commit.begin(), commit.end());
    std::sort(longest.begin(), longest.end(),
              [](const Wait& a, const Wait& b) { return a.commit > b.commit; });
  }
};

// Commits an event every 10 ms as the agent does, until `stop`.
Waits write_beside(const Plan& plan, const std::atomic<bool>& stop) {
  sqlite3* db = open_store(plan.store);
  sql(db,
      "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16480000;"
      "PRAGMA wal_autocheckpoint = 4000");
  Waits waits;
  const int64_t salt = now_us();
  const Clock::time_point start = Clock::now();
  for (int64_t n = 0; !stop; ++n) {
    const Clock::time_point begin = Clock::now();
    sql(db, "BEGIN IMMEDIATE");
    Wait wait{ms_since(start) / 1000, ms_since(begin)};
    sql(db,
        "INSERT INTO events(id, revision, digest, kind, service, host, stream, offset, number, "
        "time,"
        " quality, explicit, silent, cause, confidence, severity, title, attributes) VALUES(" +
            std::to_string(id_of(salt + n)) + ", 1, 1, 'match', 'api', 'web-3', 1, 1, 1, " +
            std::to_string(now_us()) + ", 2, 0, 0, 'unknown', 1, 'info', 'a line', '{}')");
    sql(db, "COMMIT");
    wait.commit = ms_since(begin);
    waits.add(wait);
    std::this_thread::sleep_until(begin + std::chrono::milliseconds(10));
  }
  sqlite3_close(db);
  waits.sort();
  return waits;
}

void tell(const char* title, const Waits& waits) {
  std::printf(
      "%-32s lock p99 %6.1f ms  longest %6.1f ms; whole commit p99 %6.1f ms  longest %6.1f ms"
      "  (%zu commits)\n",
      title, at(waits.lock, 0.99), waits.lock.back(), at(waits.commit, 0.99), waits.commit.back(),
      waits.commit.size());
  for (size_t i = 0; i < std::min<size_t>(waits.longest.size(), 10); ++i) {
    const Wait& wait = waits.longest[i];
    std::printf("  after %6.1f s: lock %6.1f ms  whole commit %6.1f ms\n", wait.at, wait.lock,
                wait.commit);
  }
}

void prune_half(Plan plan) {
  const std::string copy = plan.store + ".pruned";
  for (const char* more : {"", "-wal", "-shm"}) fs::remove(copy + more);
  fs::copy_file(plan.store, copy);
  ::sync();  // else the writer alone waits for four gigabytes to reach the disk
  plan.store = copy;
  std::atomic<bool> stop = false;
  Waits alone, beside;
  {
    std::thread writer([&] { alone = write_beside(plan, stop); });
    std::this_thread::sleep_for(std::chrono::seconds(10));
    stop = true;
    writer.join();
  }
  tell("a writer alone, 10 s", alone);
  stop = false;
  std::thread writer([&] { beside = write_beside(plan, stop); });
  const Ran ran = run(plan, {"store", "prune", "--older-than", std::to_string(plan.days / 2) + "d"},
                      plan.prune_seconds);
  stop = true;
  writer.join();
  tell("beside prune of half", beside);
  std::printf("prune took %.0f s, exit code %d: %s", ran.ms / 1000, ran.code, ran.out.c_str());
  for (const char* more : {"", "-wal", "-shm", ".out"}) fs::remove(copy + more);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) die("history BLIP STORE [--events N] [--services N] [--days N] [--runs N]");
  Plan plan;
  plan.blip = fs::absolute(argv[1]).string();
  plan.store = fs::absolute(argv[2]).string();
  for (int i = 3; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--no-prune") {
      plan.prune = false;
      continue;
    }
    if (i + 1 == argc) die(flag + " needs a number");
    const int64_t value = std::atoll(argv[++i]);
    if (value <= 0) die(flag + " needs a number");
    if (flag == "--events")
      plan.events = value;
    else if (flag == "--services")
      plan.services = static_cast<int>(value);
    else if (flag == "--days")
      plan.days = static_cast<int>(value);
    else if (flag == "--runs")
      plan.runs = static_cast<int>(value);
    else if (flag == "--prune-seconds")
      plan.prune_seconds = value;
    else
      die("no flag " + flag);
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  setenv("TZ", "UTC", 1);
  if (!fs::exists(plan.store)) fill(plan);
  sqlite3* beside = open_store(plan.store);  // what an agent would hold open
  const std::string id = one(beside,
                             "SELECT id FROM v_events WHERE service = 'api' AND kind = 'restart'"
                             " ORDER BY time_ms DESC LIMIT 1");
  std::printf("%lld events of %d services over %d days, %.1f GiB\n",
              static_cast<long long>(plan.events), plan.services, plan.days,
              static_cast<double>(fs::file_size(plan.store)) / (1 << 30));
  ask(plan, {"version"}, "version (starting up alone)");
  ask(plan, {"restarts", "--since", "24h"}, "restarts --since 24h");
  ask(plan, {"overview"}, "bare blip");
  ask(plan, {"why", id.substr(0, 12)}, "why ID");
  ask(plan, {"timeline", "api"}, "timeline api");
  ask(plan, {"timeline", "api", "--since", "24h"}, "timeline api --since 24h");
  ask(plan, {"events", "-n", "50"}, "events -n 50");
  ask(plan, {"restarts", "-s", "api"}, "restarts -s api");
  sqlite3_close(beside);
  fs::remove(plan.store + ".out");
  if (plan.prune) prune_half(plan);
  return 0;
}
