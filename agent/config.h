// What blip is told to do: /etc/blip/blip.yaml and conf.d/*.yaml beside it, read strictly, as plain
// values that each know where they are from. docs/agent.md is the reference of the keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time_zone.h"

namespace blip {

inline constexpr const char* kConfigPath = "/etc/blip/blip.yaml";
inline constexpr const char* kBuiltIn = "built in";

// A value and where it is from: "/etc/blip/blip.yaml:12", "built in", "found".
template <class T>
struct Setting {
  T value;
  std::string origin = kBuiltIn;
  int column = 0;  // 1-based, of a value from a file

  const T& operator*() const { return value; }
};

enum class SourceKind {
  files,    // patterns of files, followed over rotation
  journal,  // the systemd journal
  docker,   // containers' json-file and local logs, named by the daemon's own records
  pipe,     // a FIFO
  standard_input,
};
std::string_view source_kind_name(SourceKind kind);  // as the key that asks for it: "journal"

struct SourceConfig {
  SourceKind kind = SourceKind::files;
  std::string origin;   // of the entry
  std::string service;  // "": each log's own name, as the format or the path tells it

  // files: absolute paths and globs, "**" over folders. Exclusions may be names alone.
  std::vector<std::string> files, exclude;
  std::vector<std::string> units;   // journal: globs; empty: all
  std::vector<std::string> labels;  // docker: "name=value" or "name", all of them; empty: any
  // docker: where dockerd listens, where it keeps its records, where blip-docker-driver keeps
  // lines; "": the usual places
  std::string socket, root, spool;
  std::string path;  // pipe; journal: of its files, empty: the host's

  std::string format = "auto";  // or a parser's name
  TimeZone timezone;            // of stamps that name no zone
};

struct StoreConfig {
  Setting<std::string> path{"/var/lib/blip/blip.db"};
  Setting<std::chrono::seconds> keep{std::chrono::hours(90 * 24)};
  Setting<uint64_t> max_size{uint64_t{2} << 30};  // bytes
};

struct LimitsConfig {
  Setting<uint64_t> memory{uint64_t{256} << 20};  // bytes: what blip may remember at all
  Setting<uint64_t> line{uint64_t{1} << 20};      // bytes of one line that are read
};

struct RulesConfig {
  std::vector<Setting<std::string>> dirs;     // folders or files of own rules
  std::vector<Setting<std::string>> disable;  // ids of rules that shall not fire
};

struct Config {
  std::vector<std::string> files;     // that were read, in order; empty: there are none
  std::vector<SourceConfig> sources;  // empty: whatever discover() finds
  StoreConfig store;
  LimitsConfig limits;
  RulesConfig rules;
  // How far back a log is read when it is met first.
  Setting<std::chrono::seconds> backfill{std::chrono::hours(7 * 24)};
  Setting<std::chrono::seconds> probe{std::chrono::seconds(10)};  // between looks at pids; 0: never
  Setting<bool> polling{false};                                   // never use inotify
};

// Reads `path` and then conf.d/*.yaml in its folder, by name; later values replace earlier ones,
// lists grow. With no file at `path` and none in conf.d: the built-in values. The error has a line
// for each mistake, "file:line:column: what".
Result<Config> read_config(const std::string& path = kConfigPath);

// Adds what `yaml` says to `config`; `name` stands for the file in origins and errors. The error as
// above; `config` is then half changed.
Status merge_config(std::string_view yaml, const std::string& name, Config& config);

// The merged result as rows: "store.keep", "90d", "/etc/blip/blip.yaml:12". Never a secret.
struct ConfigRow {
  std::string key, value, origin;
};
std::vector<ConfigRow> config_rows(const Config& config);

// "90d", "10m", "30s"; "2GiB", "512KiB": as they are written in the file.
std::string duration_text(std::chrono::seconds span);
std::string size_text(uint64_t bytes);

}  // namespace blip
