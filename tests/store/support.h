// What the store's tests share: a folder that goes away, and signals and events with every field
// set.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace blip {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "blip_store_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Bytes that logs do hold: NUL, escape sequences, quotes, no UTF-8 at all.
inline const std::string kHostile("\0\x1b[31m'\";--\xff\xfe\xc3 caf\xe9\n", 20);

// The store at `path`, or the end of the test program: a test without its store tests nothing.
inline Store must_open(const std::string& path, Access access = Access::read_write) {
  Result<Store> store = Store::open(path, access);
  if (!store) {
    ADD_FAILURE() << store.error().text;
    std::abort();
  }
  return std::move(*store);
}

// Why opening fails; "" when it does not.
inline std::string open_error(const std::string& path, Access access = Access::read_write) {
  const Result<Store> store = Store::open(path, access, std::chrono::milliseconds(1));
  return store ? "" : store.error().text;
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text;
    return T{};
  }
  return std::move(*result);
}

inline std::string error_of(const Status& status) { return status ? "" : status.error().text; }

inline std::vector<Signal> signals_of(const Store& store, std::string_view service) {
  std::vector<Signal> all;
  EXPECT_EQ(error_of(store.each_signal(service, [&](const Signal& one) { all.push_back(one); })),
            "");
  return all;
}

inline Signal sample_signal(uint64_t stream, uint64_t offset) {
  return {.kind = SignalKind::sample,
          .at = {.stream = stream, .offset = offset, .number = offset / 100 + 1},
          .service = "api",
          .time = time_from_us(1403639453000000 + static_cast<int64_t>(offset)),
          .quality = TimeQuality::no_zone,
          .subject = "goroutines",
          .after = static_cast<double>(offset)};
}

inline Event full_event(uint64_t id) {
  Event event;
  event.id = id;
  event.kind = EventKind::crash;
  event.service = "api";
  event.host = "web-1";
  event.at = {.stream = 0xfedcba9876543210, .offset = 88172, .number = 1203};
  event.time = time_from_us(1403639453123456);
  event.end = time_from_us(1403639454000000);
  event.quality = TimeQuality::exact;
  event.planned = false;
  event.explicit_ = true;
  event.silent = true;
  event.cause = "panic";
  event.score = 4.25;
  event.confidence = 0.986;
  event.severity = Severity::critical;
  event.title = "crashed: " + kHostile;
  event.evidence = {{.signal = "prior", .weight = -4.6, .text = "how often this happens at all"},
                    {.signal = "death note",
                     .weight = 8.85,
                     .at = {.stream = ~uint64_t{0}, .offset = uint64_t{1} << 40, .number = 7},
                     .time = time_from_us(-1),
                     .text = kHostile}};
  event.attributes = {{"count", int64_t{-3}},
                      {"lifetime_s", 3.0},
                      {"masked", true},
                      {"metric", std::string("goroutines")}};
  return event;
}

inline Run full_run(uint64_t id) {
  Run run;
  run.id = id;
  run.service = "api";
  run.instance = kHostile;
  run.begins = {.stream = ~uint64_t{0} - 1, .offset = 12, .number = 2};
  run.begin = {time_from_us(100), time_from_us(200)};
  run.end = {time_from_us(300), kNoTime};
  run.began_by = 0x8000000000000000;
  run.ended_by = 0;
  run.ending = "panic";
  run.gauges = {
      {"goroutines", {.first = 9, .last = 41022, .low = 8.5, .high = 41022, .samples = 7}}};
  return run;
}

// One value of a statement as text, through a connection of its own, as a person with the sqlite3
// shell would see it.
inline std::string query(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  std::string result;
  const auto take = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) += values[0] == nullptr ? "NULL" : values[0];
    return 0;
  };
  sqlite3_open(path.c_str(), &db);
  if (sqlite3_exec(db, sql.c_str(), take, &result, nullptr) != SQLITE_OK) {
    ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db);
  }
  sqlite3_close(db);
  return result;
}

}  // namespace blip
