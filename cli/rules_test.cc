// blip rules test /etc/blip/rules.d
//
//   acme.yaml          2 rules, 3 samples                    ok
//   acme.test.yaml:2   a crash restarts the service once     FAILED
//       expected restart at line 121; got restart at line 124, planned: null
//   1 of 1 test failed
//
// The rules of a folder are read, which tries their samples; then each test's logs are scanned with
// them into a store of its own. Paths in a test are taken from the test's own folder; lines that a
// test brings along become logs in a temporary one, beside logs that tell how far time went.

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "agent/scan.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/rule_files.h"
#include "cli/rules_verbs.h"
#include "rules/rule_test.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
constexpr size_t kGotShown = 3;  // events that are told in place of an expected one

// What was found in a test's logs.
struct Finding {
  std::vector<Event> events;
  std::map<std::pair<uint64_t, uint64_t>, std::vector<std::string>> rules;  // by stream, offset
};

bool rests_on(const Event& event, const std::string& rule, const Finding& finding) {
  const auto named = event.attributes.find("rule");
  if (named != event.attributes.end() && named->second == Attribute(rule)) return true;
  const auto fired_at = [&](const Anchor& at) {
    const auto found = finding.rules.find({at.stream, at.offset});
    return found != finding.rules.end() &&
           std::find(found->second.begin(), found->second.end(), rule) != found->second.end();
  };
  return fired_at(event.at) ||
         std::any_of(event.evidence.begin(), event.evidence.end(),
                     [&](const Evidence& row) { return row.at.number > 0 && fired_at(row.at); });
}

const Event* find(const Finding& finding, const Expected& expected) {
  for (const Event& event : finding.events) {
    if (!fits(event, expected)) continue;
    if (expected.rule.empty() || rests_on(event, expected.rule, finding)) return &event;
  }
  return nullptr;
}

// What there is of the kind: "got restart at line 124, planned: null".
std::string instead_of(const Expected& expected, const Finding& finding) {
  std::string got;
  size_t told = 0;
  for (const Event& event : finding.events) {
    if (expected.kind && event.kind != *expected.kind) continue;
    if (++told > kGotShown) break;
    Expected held;
    held.kind = event.kind;
    held.line = event.at.number;
    if (event.kind == EventKind::restart) held.planned = event.planned;
    if (expected.at) held.at = event.time - kTestBegin;
    if (expected.end && known(event.end)) held.end = event.end - kTestBegin;
    if (!expected.cause.empty()) held.cause = event.cause;
    if (!expected.service.empty()) held.service = event.service;
    for (const auto& [name, text] : expected.attributes) {
      const auto attribute = event.attributes.find(name);
      const std::string* word = attribute == event.attributes.end()
                                    ? nullptr
                                    : std::get_if<std::string>(&attribute->second);
      if (word != nullptr) held.attributes[name] = *word;
    }
    got.append(got.empty() ? "" : "; ").append(describe(held));
  }
  return got.empty() ? "nothing of that kind" : got;
}

// The lines that a test brings along, as logs in a folder that goes with this.
class Desk {
 public:
  Desk() = default;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  // Service and path of each; last those that say nothing but how late it is.
  Result<std::vector<std::pair<std::string, std::string>>> write(const RuleTest& test) {
    std::vector<std::pair<std::string, std::string>> logs;
    if (test.lines.empty()) return logs;
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "blip-rules-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return Error{"make a folder for the lines of the test: " + std::string(std::strerror(errno))};
    }
    folder_ = name;
    Micros until = test.until;
    for (const auto& [service, lines] : test.lines) {
      for (const TestLine& line : lines) until = std::max(until, line.at);
      logs.emplace_back(service, path_of(logs.size()));
      if (Status done = put(logs.back().second, lines); !done) return done.error();
    }
    // Two of them: where several logs go on, a single one is not believed (Docket::went_on_until).
    for (const char* sound : {"tick", "tock"}) {
      logs.emplace_back("clock", path_of(logs.size()));
      const Status done = put(logs.back().second, {{Micros(0), sound}, {until, sound}});
      if (!done) return done.error();
    }
    return logs;
  }

 private:
  std::string path_of(size_t number) const {
    return (folder_ / (std::to_string(number) + ".log")).string();
  }
  static Status put(const std::string& path, const std::vector<TestLine>& lines) {
    std::ofstream out(path, std::ios::binary);
    for (const TestLine& line : lines) {
      out << format_rfc3339(kTestBegin + line.at) << ' ' << line.text << '\n';
    }
    out.close();
    if (!out) return Error{"write " + path + ": " + std::strerror(errno)};
    return Done{};
  }

  fs::path folder_;
};

Result<Finding> look(const RuleTest& test, const fs::path& folder,
                     const std::vector<Signature>& rules) {
  Result<Store> store = Store::open("", Access::read_write);
  if (!store) return store.error();
  Desk desk;
  auto logs = desk.write(test);
  if (!logs) return logs.error();
  for (const auto& [service, path] : test.logs) {
    logs->emplace_back(service, (folder / path).string());
  }
  for (const auto& [service, path] : *logs) {
    ScanOptions options;
    options.paths = {path};
    options.service = service;
    options.rules = rules;
    const Result<ScanReport> report = scan(*store, options);
    if (!report) return report.error();
    for (const InputNote& each : report->notes) {
      if (each.failed) return Error{each.path + ": " + each.text};
    }
  }
  Finding finding;
  Result<std::vector<Event>> events = store->events({});
  if (!events) return events.error();
  finding.events = std::move(*events);
  const Result<std::vector<std::string>> services = store->services();
  if (!services) return services.error();
  for (const std::string& service : *services) {
    const Status read = store->each_signal(service, [&finding](const Signal& signal) {
      finding.rules[{signal.at.stream, signal.at.offset}].push_back(signal.subject);
    });
    if (!read) return read.error();
  }
  return finding;
}

std::vector<std::string> faults_of(const RuleTest& test, const Finding& finding) {
  std::vector<std::string> faults;
  for (const Expected& expected : test.expect) {
    if (find(finding, expected)) continue;
    faults.push_back("expected " + describe(expected) + "; got " + instead_of(expected, finding));
  }
  for (const Expected& expected : test.expect_no) {
    const Event* event = find(finding, expected);
    if (event == nullptr) continue;
    faults.push_back("expected no " + describe(expected) + "; got one at line " +
                     std::to_string(event->at.number) + ": " + event->title);
  }
  return faults;
}

std::string file_of(const std::string& where) { return where.substr(0, where.rfind(':')); }

// One row of the report for each rule file.
void tell_rules(const std::vector<Signature>& rules, const View& view) {
  std::map<std::string, std::pair<size_t, size_t>> files;  // rules, samples
  for (const Signature& rule : rules) {
    auto& [count, samples] = files[file_of(rule.where)];
    ++count;
    samples += rule.match.size() + rule.no_match.size();
  }
  Table table({{""}, {""}, {""}});
  for (const auto& [file, counts] : files) {
    table.add({fs::path(file).filename().string(),
               counted(counts.first, "rule", "rules") + ", " +
                   counted(counts.second, "sample", "samples"),
               Cell(std::string("ok"), Tint::green)});
  }
  if (!table.empty()) print(table.text(view.style));
}

void tell_test(const RuleTest& test, const std::vector<std::string>& faults, const View& view) {
  const std::string where = fs::path(test.where).filename().string();
  print(visible(where) + "  " + visible(test.name) + "  " +
        (faults.empty() ? view.style.paint(Tint::green, "ok")
                        : view.style.paint(Tint::red, "FAILED")) +
        "\n");
  for (const std::string& fault : faults) print("    " + visible(fault) + "\n");
}
}  // namespace

int test_rules(const Arguments& arguments, const View& view) {
  const std::string& path = arguments.operands[1];
  const Result<RuleFolder> folder = read_rule_folder(path);
  if (!folder) return fail(kBadConfig, folder.error());
  tell_rules(folder->rules, view);
  size_t failed = 0;
  for (const RuleTest& test : folder->tests) {
    const Result<Finding> finding =
        look(test, fs::path(file_of(test.where)).parent_path(), folder->rules);
    std::vector<std::string> faults;
    if (finding) {
      faults = faults_of(test, *finding);
    } else {
      faults.push_back(finding.error().text);
    }
    tell_test(test, faults, view);
    failed += faults.empty() ? 0 : 1;
  }
  if (folder->tests.empty()) return kDone;
  print(failed > 0 ? count_text(failed) + " of " + counted(folder->tests.size(), "test", "tests") +
                         " failed\n"
                   : counted(folder->tests.size(), "test", "tests") + " passed\n");
  return failed > 0 ? kMatched : kDone;
}

}  // namespace blip
