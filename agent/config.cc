// version: 1
// sources:
//   - service: app
//     files: [/var/log/app/*.log, /var/log/upstart/app.log]
//     exclude: ["*.dbg"]
//     timezone: Europe/Berlin
//   - journal: {units: ["*.service"]}
// store: {path: /var/lib/blip/blip.db, keep: 90d, max_size: 2GiB}
//
//   blip.yaml:3:5: unknown key "servce"; did you mean "service"?
//
// Scalars are read as text and typed here: YAML takes `no` for false and 1.10 for 1.1, and a
// service may be called either. All mistakes of a file are told at once: they are met one start at
// a time otherwise.

#include "agent/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <system_error>

#include "core/suggest.h"
#include "parsers/reader.h"
#include "rules/one_document.h"

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr size_t kFileLimit = 1 << 20;  // bytes; a configuration is written by hand
constexpr size_t kMaxFaults = 20;       // told at once
constexpr size_t kMaxSources = 1'000;
constexpr size_t kMaxItems = 1'000;  // of one list
constexpr size_t kMaxText = 4'096;   // bytes of one value: PATH_MAX
constexpr size_t kMaxShown = 64;     // bytes of a wrong word that an error quotes
constexpr uint64_t kLeastMemory = uint64_t{32} << 20, kMostMemory = uint64_t{1} << 40;
constexpr uint64_t kLeastLine = 1 << 10, kMostLine = 1 << 20;
constexpr uint64_t kLeastStore = uint64_t{16} << 20, kMostStore = uint64_t{1} << 44;
constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 366 * 100);

struct Unit {
  std::string_view name;
  uint64_t worth;
};
constexpr Unit kSpans[] = {{"w", 7 * 86'400}, {"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};
constexpr Unit kSizes[] = {{"TiB", uint64_t{1} << 40},
                           {"GiB", uint64_t{1} << 30},
                           {"MiB", 1 << 20},
                           {"KiB", 1 << 10},
                           {"TB", 1'000'000'000'000},
                           {"GB", 1'000'000'000},
                           {"MB", 1'000'000},
                           {"kB", 1'000},
                           {"B", 1}};

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text.substr(0, kMaxShown)) + (text.size() > kMaxShown ? "...\"" : "\"");
}

// "90d" by kSpans, "2GiB" by kSizes; nothing for what is neither, or too large to count.
template <size_t N>
std::optional<uint64_t> quantity(std::string_view text, const Unit (&units)[N]) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  for (const Unit& unit : units) {
    if (rest != unit.name) continue;
    if (count > UINT64_MAX / unit.worth) return std::nullopt;
    return count * unit.worth;
  }
  return std::nullopt;
}

// The largest unit that leaves no rest.
template <size_t N>
std::string quantity_text(uint64_t value, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    const bool decimal = unit.name == "TB" || unit.name == "GB" || unit.name == "MB";
    if (value == 0 || value % unit.worth != 0 || decimal || unit.name == "kB") continue;
    return std::to_string(value / unit.worth) + std::string(unit.name);
  }
  return std::to_string(value) + std::string(units[N - 1].name);
}

bool is_true(std::string_view word) { return word == "true" || word == "yes" || word == "on"; }
bool is_false(std::string_view word) { return word == "false" || word == "no" || word == "off"; }

class ConfigReader {
 public:
  ConfigReader(const std::string& name, Config& config) : name_(name), config_(config) {}

  void read(std::string_view yaml) {
    try {
      expect_one_document(yaml);
      const YAML::Node document = YAML::Load(std::string(yaml));
      if (!document.IsNull()) read_top(document);
    } catch (const YAML::Exception& error) {  // yaml-cpp knows no other way to say it
      fault(error.mark, error.msg);
    }
  }

  Status status() const {
    if (faults_.empty()) return Done{};
    std::string all;
    for (const std::string& each : faults_) all += (all.empty() ? "" : "\n") + each;
    return Error{all};
  }

 private:
  struct Key {
    std::string_view name;
    std::function<void(const YAML::Node&)> read;
  };

  void fault(const YAML::Mark& mark, const std::string& what) {
    if (faults_.size() == kMaxFaults) return;
    const std::string place =
        mark.is_null() ? name_ : where(mark) + ":" + std::to_string(mark.column + 1);
    faults_.push_back(place + ": " + what);
  }
  std::string where(const YAML::Mark& mark) const {
    return mark.is_null() ? name_ : name_ + ":" + std::to_string(mark.line + 1);
  }

  // Gives each key's value to its reader. `later`: keys that a later blip will know.
  void read_map(const YAML::Node& node, std::string_view what, const std::vector<Key>& keys,
                std::initializer_list<std::string_view> later = {}) {
    if (!node.IsMap()) return fault(node.Mark(), std::string(what) + " wants keys and values");
    std::set<std::string> seen;
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) {
        fault(pair.first.Mark(), "a key is a word");
        continue;
      }
      const std::string& name = pair.first.Scalar();
      if (!seen.insert(name).second) {
        fault(pair.first.Mark(), "key " + in_quotes(name) + " given twice");
        continue;
      }
      if (std::find(later.begin(), later.end(), name) != later.end()) {
        fault(pair.first.Mark(), in_quotes(name) + " is not supported yet; leave it out");
        continue;
      }
      const auto key = std::find_if(keys.begin(), keys.end(),
                                    [&name](const Key& each) { return each.name == name; });
      if (key == keys.end()) {
        std::vector<std::string_view> known;
        for (const Key& each : keys) known.push_back(each.name);
        fault(pair.first.Mark(),
              "unknown key " + in_quotes(name) + did_you_mean(name, known, "\""));
        continue;
      }
      key->read(pair.second);
    }
  }

  std::optional<std::string> text(const YAML::Node& node, std::string_view what) {
    if (!node.IsScalar() || node.Scalar().empty()) {
      fault(node.Mark(), std::string(what) + " wants a text");
    } else if (node.Scalar().size() > kMaxText) {
      fault(node.Mark(),
            std::string(what) + " is longer than " + std::to_string(kMaxText) + " bytes");
    } else if (std::any_of(node.Scalar().begin(), node.Scalar().end(),
                           [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; })) {
      fault(node.Mark(), std::string(what) + " holds a control character");
    } else {
      return node.Scalar();
    }
    return std::nullopt;
  }

  std::optional<std::string> absolute(const YAML::Node& node, std::string_view what) {
    std::optional<std::string> path = text(node, what);
    if (!path || path->front() == '/') return path;
    fault(node.Mark(), std::string(what) + " " + in_quotes(*path) +
                           " is not absolute: an agent has no folder of its own; begin it with /");
    return std::nullopt;
  }

  // One text, or a list of them.
  using ReadText = std::optional<std::string> (ConfigReader::*)(const YAML::Node&,
                                                                std::string_view);
  std::vector<Setting<std::string>> list(const YAML::Node& node, std::string_view what,
                                         ReadText reader = &ConfigReader::text) {
    std::vector<Setting<std::string>> items;
    const auto add = [&](const YAML::Node& item) {
      if (auto value = (this->*reader)(item, what)) {
        items.push_back({*value, where(item.Mark()), item.Mark().column + 1});
      }
    };
    if (!node.IsSequence()) {
      add(node);
    } else if (node.size() == 0) {
      fault(node.Mark(), std::string(what) + " is an empty list; leave it out");
    } else if (node.size() > kMaxItems) {
      fault(node.Mark(),
            std::string(what) + " has more than " + std::to_string(kMaxItems) + " items");
    } else {
      for (const YAML::Node& item : node) add(item);
    }
    return items;
  }
  std::vector<std::string> texts(const YAML::Node& node, std::string_view what,
                                 ReadText reader = &ConfigReader::text) {
    std::vector<std::string> out;
    for (const Setting<std::string>& each : list(node, what, reader)) out.push_back(*each);
    return out;
  }

  void read_path(const YAML::Node& node, std::string_view what, Setting<std::string>& out) {
    if (const auto path = absolute(node, what)) out = {*path, where(node.Mark())};
  }

  void read_span(const YAML::Node& node, std::string_view what, std::chrono::seconds least,
                 Setting<std::chrono::seconds>& out) {
    const auto word = text(node, what);
    if (!word) return;
    const auto seconds = quantity(*word, kSpans);
    if (!seconds) {
      return fault(node.Mark(), std::string(what) + " is " + in_quotes(*word) +
                                    "; give a number and a unit: 90d, 12h, 10m, 30s");
    }
    if (*seconds > static_cast<uint64_t>(kLongest.count()) ||
        *seconds < static_cast<uint64_t>(least.count())) {
      return fault(node.Mark(), std::string(what) + " is " + in_quotes(*word) + "; give " +
                                    duration_text(least) + " to " + duration_text(kLongest));
    }
    out = {std::chrono::seconds(*seconds), where(node.Mark())};
  }

  void read_size(const YAML::Node& node, std::string_view what, uint64_t least, uint64_t most,
                 Setting<uint64_t>& out) {
    const auto word = text(node, what);
    if (!word) return;
    const auto bytes = quantity(*word, kSizes);
    if (!bytes) {
      return fault(node.Mark(), std::string(what) + " is " + in_quotes(*word) +
                                    "; give a number and a unit: 2GiB, 256MiB, 64KiB");
    }
    if (*bytes < least || *bytes > most) {
      return fault(node.Mark(), std::string(what) + " is " + in_quotes(*word) + "; give " +
                                    size_text(least) + " to " + size_text(most));
    }
    out = {*bytes, where(node.Mark())};
  }

  std::optional<bool> flag(const YAML::Node& node, std::string_view what) {
    const auto word = text(node, what);
    if (!word) return std::nullopt;
    if (is_true(*word)) return true;
    if (is_false(*word)) return false;
    fault(node.Mark(), std::string(what) + " is " + in_quotes(*word) + "; it is true or false");
    return std::nullopt;
  }

  void read_top(const YAML::Node& top) {
    using Node = const YAML::Node&;
    read_map(top, "a configuration",
             {
                 {"version", [this](Node node) { read_version(node); }},
                 {"sources", [this](Node node) { read_sources(node); }},
                 {"store", [this](Node node) { read_store(node); }},
                 {"limits", [this](Node node) { read_limits(node); }},
                 {"rules", [this](Node node) { read_rules(node); }},
                 {"backfill",
                  [this](Node node) {
                    read_span(node, "backfill", std::chrono::seconds(0), config_.backfill);
                  }},
                 {"probe", [this](Node node) { read_probe(node); }},
                 {"watch", [this](Node node) { read_watch(node); }},
             },
             {"notify", "metrics", "fleet"});
  }

  void read_version(const YAML::Node& node) {
    const auto version = text(node, "version");
    if (version && *version != "1") {
      fault(node.Mark(), "version is " + in_quotes(*version) + "; this blip knows version 1");
    }
  }

  void read_store(const YAML::Node& node) {
    using Node = const YAML::Node&;
    StoreConfig& store = config_.store;
    read_map(node, "store",
             {
                 {"path", [&](Node value) { read_path(value, "path", store.path); }},
                 {"keep",
                  [&](Node value) { read_span(value, "keep", std::chrono::hours(1), store.keep); }},
                 {"max_size",
                  [&](Node value) {
                    read_size(value, "max_size", kLeastStore, kMostStore, store.max_size);
                  }},
             });
  }

  void read_limits(const YAML::Node& node) {
    using Node = const YAML::Node&;
    LimitsConfig& limits = config_.limits;
    read_map(
        node, "limits",
        {
            {"memory",
             [&](Node value) {
               read_size(value, "memory", kLeastMemory, kMostMemory, limits.memory);
             }},
            {"line",
             [&](Node value) { read_size(value, "line", kLeastLine, kMostLine, limits.line); }},
        });
  }

  void read_rules(const YAML::Node& node) {
    using Node = const YAML::Node&;
    const auto add = [](std::vector<Setting<std::string>>& to,
                        std::vector<Setting<std::string>> more) {
      for (Setting<std::string>& each : more) to.push_back(std::move(each));
    };
    read_map(
        node, "rules",
        {
            {"dirs",
             [&](Node value) {
               add(config_.rules.dirs, list(value, "dirs", &ConfigReader::absolute));
             }},
            {"disable", [&](Node value) { add(config_.rules.disable, list(value, "disable")); }},
        });
  }

  void read_probe(const YAML::Node& node) {
    const auto every = [this](const YAML::Node& value) {
      if (value.IsScalar() && is_false(value.Scalar())) {
        config_.probe = {std::chrono::seconds(0), where(value.Mark())};
      } else {
        read_span(value, "probe", std::chrono::seconds(1), config_.probe);
      }
    };
    if (node.IsScalar()) return every(node);  // probe: off, probe: 30s
    read_map(node, "probe", {{"every", every}});
  }

  void read_watch(const YAML::Node& node) {
    read_map(node, "watch", {{"polling", [this](const YAML::Node& value) {
                                if (const auto polling = flag(value, "polling")) {
                                  config_.polling = {*polling, where(value.Mark())};
                                }
                              }}});
  }

  void read_sources(const YAML::Node& node) {
    if (!node.IsSequence()) {
      return fault(node.Mark(),
                   "sources wants a list, each \"- files: ...\" or \"- journal: ...\"");
    }
    for (const YAML::Node& entry : node) {
      if (config_.sources.size() == kMaxSources) {
        return fault(entry.Mark(), "more than " + std::to_string(kMaxSources) +
                                       " sources; use patterns: /var/log/*/*.log");
      }
      read_source(entry);
    }
  }

  void read_source(const YAML::Node& entry) {
    using Node = const YAML::Node&;
    SourceConfig source;
    source.origin = where(entry.Mark());
    std::vector<std::pair<SourceKind, YAML::Mark>> kinds;
    const auto is = [&kinds](SourceKind kind, Node value) {
      kinds.push_back({kind, value.Mark()});
    };
    std::optional<YAML::Mark> excludes;
    const size_t before = faults_.size();
    read_map(entry, "a source",
             {
                 {"service",
                  [&](Node value) {
                    if (const auto name = text(value, "service")) source.service = *name;
                  }},
                 {"files",
                  [&](Node value) {
                    is(SourceKind::files, value);
                    source.files = texts(value, "files", &ConfigReader::absolute);
                  }},
                 {"exclude",
                  [&](Node value) {
                    excludes = value.Mark();
                    source.exclude = texts(value, "exclude");
                  }},
                 {"journal",
                  [&](Node value) {
                    is(SourceKind::journal, value);
                    read_journal(value, source);
                  }},
                 {"docker",
                  [&](Node value) {
                    is(SourceKind::docker, value);
                    read_docker(value, source);
                  }},
                 {"pipe",
                  [&](Node value) {
                    is(SourceKind::pipe, value);
                    if (const auto path = absolute(value, "pipe")) source.path = *path;
                  }},
                 {"stdin",
                  [&](Node value) {
                    is(SourceKind::standard_input, value);
                    const auto wanted = flag(value, "stdin");
                    if (wanted && !*wanted) fault(value.Mark(), "stdin is true, or left out");
                  }},
                 {"format", [&](Node value) { read_format(value, source.format); }},
                 {"timezone", [&](Node value) { read_zone(value, source.timezone); }},
             });
    if (faults_.size() > before) return;
    if (kinds.empty()) {
      return fault(entry.Mark(),
                   "a source needs one of \"files\", \"journal\", \"docker\", \"pipe\", \"stdin\"");
    }
    if (kinds.size() > 1) {
      return fault(kinds[1].second,
                   "a source is one thing, and this is a second; make two of them");
    }
    source.kind = kinds[0].first;
    if (excludes && source.kind != SourceKind::files) {
      return fault(*excludes, "exclude goes with files");
    }
    config_.sources.push_back(std::move(source));
  }

  void read_journal(const YAML::Node& node, SourceConfig& source) {
    if (node.IsScalar() && is_true(node.Scalar())) return;
    read_map(node, "journal",
             {{"units", [&](const YAML::Node& value) { source.units = texts(value, "units"); }},
              {"folder", [&](const YAML::Node& value) {
                 if (const auto path = absolute(value, "folder")) source.path = *path;
               }}});
  }

  // "docker: {label: ...}", or "docker: true" and "docker: {}" for all of it.
  void read_part(const YAML::Node& node, std::string_view what, std::string_view key,
                 std::vector<std::string>& out) {
    if (node.IsScalar() && is_true(node.Scalar())) return;
    read_map(node, what, {{key, [&](const YAML::Node& value) { out = texts(value, key); }}});
  }

  void read_docker(const YAML::Node& node, SourceConfig& source) {
    using Node = const YAML::Node&;
    if (node.IsScalar() && is_true(node.Scalar())) return;
    const auto place = [this](std::string_view key, std::string& out) {
      return [this, key, &out](Node value) {
        if (const auto path = absolute(value, key)) out = *path;
      };
    };
    read_map(node, "docker",
             {{"label", [&](Node value) { source.labels = texts(value, "label"); }},
              {"socket", place("socket", source.socket)},
              {"root", place("root", source.root)},
              {"spool", place("spool", source.spool)}});
  }

  void read_format(const YAML::Node& node, std::string& out) {
    const auto name = text(node, "format");
    if (!name) return;
    std::vector<std::string_view> known = {"auto"};
    for (const ParserSpec* parser : all_parsers()) known.push_back(parser->name);
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      return fault(node.Mark(), "no format " + in_quotes(*name) + did_you_mean(*name, known, "\""));
    }
    out = *name;
  }

  void read_zone(const YAML::Node& node, TimeZone& out) {
    const auto name = text(node, "timezone");
    if (!name) return;
    const Result<TimeZone> zone = TimeZone::named(*name);
    if (!zone) return fault(node.Mark(), zone.error().text);
    out = *zone;
  }

  const std::string& name_;
  Config& config_;
  std::vector<std::string> faults_;
};

Result<std::string> contents(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return Error{path + ": " + error.message()};
  if (!fs::is_regular_file(status)) return Error{path + ": not a file"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": " + std::generic_category().message(errno)};
  std::string text(kFileLimit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad()) return Error{path + ": " + std::generic_category().message(errno)};
  if (text.size() > kFileLimit) return Error{path + ": over 1 MiB, no configuration"};
  return text;
}

Result<std::vector<std::string>> config_files(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  // A file that is there and can't be read is an error; one that isn't there is none.
  if (fs::status(path, error).type() != fs::file_type::not_found) files.push_back(path);
  const fs::path folder = fs::path(path).parent_path() / "conf.d";
  std::vector<std::string> more;
  fs::directory_iterator at(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return files;
  }
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->path().extension() == ".yaml" && !name.starts_with("."))
      more.push_back(at->path().string());
  }
  if (error) return Error{folder.string() + ": " + error.message()};
  std::sort(more.begin(), more.end());
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

void add_source(const SourceConfig& source, size_t number, std::vector<ConfigRow>& rows) {
  const auto add = [&](std::string_view key, std::string value) {
    rows.push_back({"sources[" + std::to_string(number) + "]." + std::string(key), std::move(value),
                    source.origin});
  };
  const auto add_each = [&add](std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(key, value);
  };
  switch (source.kind) {
    case SourceKind::files:
      add_each("files", source.files);
      add_each("exclude", source.exclude);
      break;
    case SourceKind::journal:
      if (!source.path.empty()) add("journal.folder", source.path);
      if (source.units.empty()) add("journal.units", "*");
      add_each("journal.units", source.units);
      break;
    case SourceKind::docker:
      if (source.labels.empty()) add("docker.label", "any");
      add_each("docker.label", source.labels);
      if (!source.socket.empty()) add("docker.socket", source.socket);
      if (!source.root.empty()) add("docker.root", source.root);
      if (!source.spool.empty()) add("docker.spool", source.spool);
      break;
    case SourceKind::pipe:
      add("pipe", source.path);
      break;
    case SourceKind::standard_input:
      add("stdin", "true");
      break;
  }
  if (!source.service.empty()) add("service", source.service);
  if (source.format != "auto") add("format", source.format);
  if (!source.timezone.fixed() || source.timezone.name() != "UTC") {
    add("timezone", source.timezone.name());
  }
}
}  // namespace

std::string_view source_kind_name(SourceKind kind) {
  static constexpr std::string_view kNames[] = {"files", "journal", "docker", "pipe", "stdin"};
  return kNames[static_cast<size_t>(kind)];
}

Status merge_config(std::string_view yaml, const std::string& name, Config& config) {
  ConfigReader reader(name, config);
  reader.read(yaml);
  return reader.status();
}

Result<Config> read_config(const std::string& path) {
  Config config;
  const Result<std::vector<std::string>> files = config_files(path);
  if (!files) return files.error();
  std::string faults;
  for (const std::string& file : *files) {
    const Result<std::string> yaml = contents(file);
    const Status merged = yaml ? merge_config(*yaml, file, config) : Status(yaml.error());
    if (!merged) faults += (faults.empty() ? "" : "\n") + merged.error().text;
    config.files.push_back(file);
  }
  if (!faults.empty()) return Error{faults};
  return config;
}

std::string duration_text(std::chrono::seconds span) {
  // Weeks are read and not written: 90d is easier to compare with 7d than 1w is.
  static constexpr Unit kWritten[] = {{"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};
  return quantity_text(static_cast<uint64_t>(span.count()), kWritten);
}

std::string size_text(uint64_t bytes) { return quantity_text(bytes, kSizes); }

std::vector<ConfigRow> config_rows(const Config& config) {
  std::vector<ConfigRow> rows;
  for (size_t i = 0; i < config.sources.size(); ++i) add_source(config.sources[i], i + 1, rows);
  const auto add = [&rows](std::string_view key, std::string value, const std::string& origin) {
    rows.push_back({std::string(key), std::move(value), origin});
  };
  add("store.path", *config.store.path, config.store.path.origin);
  add("store.keep", duration_text(*config.store.keep), config.store.keep.origin);
  add("store.max_size", size_text(*config.store.max_size), config.store.max_size.origin);
  add("limits.memory", size_text(*config.limits.memory), config.limits.memory.origin);
  add("limits.line", size_text(*config.limits.line), config.limits.line.origin);
  for (const Setting<std::string>& dir : config.rules.dirs) add("rules.dirs", *dir, dir.origin);
  for (const Setting<std::string>& id : config.rules.disable) add("rules.disable", *id, id.origin);
  add("backfill", duration_text(*config.backfill), config.backfill.origin);
  add("probe.every", config.probe.value.count() == 0 ? "off" : duration_text(*config.probe),
      config.probe.origin);
  add("watch.polling", *config.polling ? "true" : "false", config.polling.origin);
  return rows;
}

}  // namespace blip
