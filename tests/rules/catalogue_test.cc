// How much of the catalogue of known death, start and stop lines the pack and the blocks recognise,
// and whether any rule says of a line what it can't be. The catalogue lies beside the project where
// it is developed; without it there is nothing to measure.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "parsers/blocks/block.h"
#include "parsers/reader.h"
#include "rules/matcher.h"
#include "rules/signature.h"

namespace blip {
namespace {

constexpr double kLeastShare = 0.95;  // of the entries that are more than somebody's memory

struct Entry {
  std::string id, kind;
  bool proven = false;  // seen in a source, a run or a log
  std::vector<std::string> examples;
};

std::vector<Entry> read_catalogue() {
  const char* shared = std::getenv("BLIP_SHARED");  // for a checkout that lies elsewhere
  const std::string folder = shared != nullptr ? shared : BLIP_SOURCE_DIR "/../shared";
  std::ifstream file(folder + "/catalogue/signatures.jsonl");
  std::vector<Entry> entries;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    Entry entry{.id = json["id"],
                .kind = json["kind"],
                .proven = json["evidence"] != "memory",
                .examples = json["more_examples"]};
    entry.examples.insert(entry.examples.begin(), json["example"].get<std::string>());
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Where blip says otherwise than the catalogue, and why.
struct Otherwise {
  std::string_view id, kind;
};
constexpr Otherwise kOtherwise[] = {
    // A store that finds its files open tells how its life before ended.
    {"postgres.interrupted", "crash"},
    {"postgres.not_properly", "crash"},
    {"mysql.crash_recovery", "crash"},
    {"mongo.unclean", "crash"},
    // Who asked for memory is not whom the kernel will kill.
    {"kernel.oom_invoked", "degraded"},
    // The server that has the port lives.
    {"nginx.bind", "degraded"},
    // A hangup is sent by somebody, and every boot sends some.
    {"upstart.killed", "stop_planned"},
    // It sleeps and tries again.
    {"uwsgi.fast_respawn", "degraded"},
};

// What may be said of an entry's line: kinds that blip draws the same conclusion from. A stack
// trace is a symptom until what follows tells. The catalogue knows no reload: it is a respawn
// there, as is a restart on purpose. Empty for metrics and progress: numbers, no signatures.
std::set<std::string_view> right_kinds(const Entry& entry) {
  static const std::map<std::string_view, std::set<std::string_view>> kRight = {
      {"crash", {"crash", "oom", "exit"}},
      {"oom", {"oom", "crash"}},
      {"exit", {"exit", "crash", "oom", "giveup"}},
      {"start", {"start", "ready", "respawn", "boot"}},
      {"ready", {"start", "ready", "respawn", "boot"}},
      {"boot", {"boot", "start"}},
      {"degraded", {"degraded", "symptom", "block"}},
      {"symptom", {"degraded", "symptom", "block"}},
      {"stop_planned", {"stop_planned", "reload"}},
      {"respawn", {"respawn", "start", "ready", "reload", "stop_planned"}},
      {"giveup", {"giveup"}},
  };
  const auto found = kRight.find(entry.kind);
  std::set<std::string_view> right =
      found == kRight.end() ? std::set<std::string_view>() : found->second;
  for (const Otherwise& each : kOtherwise) {
    if (each.id == entry.id) right.insert(each.kind);
  }
  return right;
}

// What must not be said of it.
std::set<std::string_view> wrong_kinds(const Entry& entry) {
  static const std::set<std::string_view> kBegins = {"start", "ready", "boot"};
  static const std::map<std::string_view, std::set<std::string_view>> kWrong = {
      {"start", {"crash", "oom", "giveup", "exit", "stop_planned"}},
      {"ready", {"crash", "oom", "giveup", "exit", "stop_planned"}},
      {"boot", {"crash", "oom", "giveup", "exit", "stop_planned"}},
      {"crash", {"start", "ready", "boot", "stop_planned"}},
      {"oom", {"start", "ready", "boot", "stop_planned"}},
      {"giveup", {"start", "ready", "boot", "stop_planned"}},
      {"exit", {"start", "ready", "boot", "stop_planned"}},
      {"stop_planned", {"crash", "oom", "giveup", "exit", "start", "ready", "boot"}},
      {"degraded", kBegins},
      {"symptom", kBegins},
      {"respawn", {"crash", "oom", "giveup"}},
      {"metric", {"crash", "oom", "giveup", "exit", "stop_planned", "boot"}},
  };
  const auto found = kWrong.find(entry.kind);
  std::set<std::string_view> wrong =
      found == kWrong.end() ? std::set<std::string_view>() : found->second;
  for (const Otherwise& each : kOtherwise) {
    if (each.id == entry.id) wrong.erase(each.kind);
  }
  return wrong;
}

struct Messages : RecordSink {
  std::vector<std::string> texts;
  void on_record(const Record& record) override { texts.emplace_back(record.message); }
};

class Recogniser {
 public:
  Recogniser() {
    for (const Signature& one : builtin_signatures()) matchers_.emplace_back(one);
  }

  // The rules that fire on it, by id, with their kinds; blocks that it begins are crashes.
  std::map<std::string, std::string_view> look(const std::string& line) const {
    std::string padded = line + std::string(kLinePadding, '\0');
    Messages read;
    RecordReader reader(ReaderOptions{});
    reader.read(Line{.text = std::string_view(padded).substr(0, line.size()), .number = 1}, read);
    reader.finish(read);
    std::map<std::string, std::string_view> found;
    Captures captures;
    for (size_t i = 0; i < matchers_.size(); ++i) {
      const Signature& one = builtin_signatures()[i];
      for (const std::string& text : read.texts) {
        if (matchers_[i].match(text, captures) || matchers_[i].match(line, captures)) {
          found[one.id] = kind_name(one.kind);
        }
      }
    }
    for (const BlockSpec* block : all_blocks()) {
      for (const std::string& text : read.texts) {
        if (!text.empty() && block->starts(text))
          found["block " + std::string(block->name)] = "crash";
      }
    }
    return found;
  }

 private:
  std::vector<Matcher> matchers_;
};

std::string listed(const std::map<std::string, std::string_view>& found) {
  std::string out;
  for (const auto& [id, kind] : found) out += " " + id + " (" + std::string(kind) + ")";
  return out.empty() ? " nothing" : out;
}

TEST(Catalogue, IsRecognised) {
  const std::vector<Entry> entries = read_catalogue();
  if (entries.empty()) GTEST_SKIP() << "no ../shared/catalogue/signatures.jsonl here";
  const Recogniser recognise;
  size_t proven = 0, known = 0;
  std::string missed;
  for (const Entry& entry : entries) {
    const auto right = right_kinds(entry);
    if (!entry.proven || right.empty()) continue;
    ++proven;
    bool all = true;
    for (const std::string& example : entry.examples) {
      bool one = false;
      const auto found = recognise.look(example);
      for (const auto& [id, kind] : found) {
        const bool block = id.starts_with("block ");
        one |= right.count(kind) > 0 || (block && right.count("block") > 0);
      }
      if (!one) {
        missed +=
            "  " + entry.id + " (" + entry.kind + ") is" + listed(found) + ": " + example + "\n";
      }
      all &= one;
    }
    known += all ? 1 : 0;
  }
  RecordProperty("proven", static_cast<int>(proven));
  RecordProperty("known", static_cast<int>(known));
  const double share = static_cast<double>(known) / static_cast<double>(proven);
  if (std::getenv("BLIP_TELL") != nullptr)
    std::printf("%zu of %zu\n%s", known, proven, missed.c_str());
  EXPECT_GE(share, kLeastShare) << known << " of " << proven << " entries\n" << missed;
}

TEST(Catalogue, NothingContradictsIt) {
  const std::vector<Entry> entries = read_catalogue();
  if (entries.empty()) GTEST_SKIP() << "no ../shared/catalogue/signatures.jsonl here";
  const Recogniser recognise;
  for (const Entry& entry : entries) {
    const auto wrong = wrong_kinds(entry);
    for (const std::string& example : entry.examples) {
      for (const auto& [id, kind] : recognise.look(example)) {
        if (id.starts_with("block ")) continue;  // judged by their whole
        EXPECT_EQ(wrong.count(kind), 0u) << id << " (" << kind << ") fires on " << entry.id << " ("
                                         << entry.kind << "): " << example;
      }
    }
  }
}

}  // namespace
}  // namespace blip
