// Reads the tests of rules (acme.test.yaml):
//
//   - name: a crash restarts the service once
//     logs: {acme-web: fixtures/broker.log}
//     expect:
//       - {kind: crash, rule: acme.lost_broker, line: 118, attributes: {broker: b1}}
//       - {kind: restart, planned: false, line: 121}
//     expect_no: [{kind: leak}]
//
// or, on a clock of its own, lines with the time since its beginning:
//
//   - name: three failed logins of one address within ten minutes
//     lines:
//       sshd:
//         - 0s: 'Failed password for root from 203.0.113.7 port 40022 ssh2'
//         - 4m: 'Failed password for root from 203.0.113.7 port 40023 ssh2'
//         - 9m: 'Failed password for bin from 203.0.113.7 port 40025 ssh2'
//     until: 30m
//     expect: [{kind: match, rule: ssh.guessing, line: 3, at: 9m}]
//
// A key misspelt would test nothing, so each is known or told with its place. Who runs them:
// cli/rules_test.cc.

#include "rules/rule_test.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/suggest.h"
#include "rules/sequence.h"

namespace blip {
namespace {

constexpr std::array<std::string_view, 6> kTestKeys = {"name",  "logs",   "lines",
                                                       "until", "expect", "expect_no"};
constexpr std::array<std::string_view, 9> kEventKeys = {
    "kind", "line", "at", "end", "planned", "service", "cause", "rule", "attributes"};

class TestReader {
 public:
  explicit TestReader(const std::string& name) : name_(name) {}

  Result<std::vector<RuleTest>> read(std::string_view yaml) {
    const YAML::Node document = YAML::Load(std::string(yaml));
    std::vector<RuleTest> tests;
    if (document.IsNull()) return tests;
    if (!document.IsSequence()) {
      return at(document.Mark(), "expected a list of tests, each \"- name: ...\"");
    }
    for (const YAML::Node& entry : document) {
      RuleTest test;
      if (const auto fault = read_test(entry, test)) return *fault;
      tests.push_back(std::move(test));
    }
    return tests;
  }

  Error at(const YAML::Mark& mark, const std::string& what) const {
    if (mark.is_null()) return {name_ + ": " + what};
    return {name_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) +
            ": " + what};
  }

 private:
  using Fault = std::optional<Error>;

  std::string where(const YAML::Node& node) const {
    return name_ + ":" + std::to_string(node.Mark().line + 1);
  }

  template <size_t N>
  Fault check_keys(const YAML::Node& map, const std::array<std::string_view, N>& keys) const {
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) return at(pair.first.Mark(), "a key is a word");
      const std::string& key = pair.first.Scalar();
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      return at(pair.first.Mark(), "unknown key \"" + key + "\"" +
                                       did_you_mean(key, {keys.begin(), keys.end()}, "\""));
    }
    return std::nullopt;
  }

  Fault read_test(const YAML::Node& entry, RuleTest& test) const {
    if (!entry.IsMap()) return at(entry.Mark(), "expected a test: \"- name: ...\"");
    if (auto fault = check_keys(entry, kTestKeys)) return fault;
    const YAML::Node name = entry["name"], logs = entry["logs"];
    if (!name || !name.IsScalar()) return at(entry.Mark(), "no \"name\" in this test");
    if (!logs && !entry["lines"]) {
      return at(entry.Mark(), "no \"logs\" in this test ({service: file}) and no \"lines\"");
    }
    test.name = name.Scalar();
    test.where = where(entry);
    if (logs && (!logs.IsMap() || logs.size() == 0)) {
      return at(logs.Mark(), "\"logs\" wants service: file");
    }
    if (logs) {
      for (const auto& pair : logs) {
        if (!pair.first.IsScalar() || !pair.second.IsScalar()) {
          return at(pair.first.Mark(), "\"logs\" wants service: file");
        }
        test.logs.emplace_back(pair.first.Scalar(), pair.second.Scalar());
      }
    }
    if (auto fault = read_lines(entry, test)) return fault;
    if (auto fault = read_events(entry["expect"], test.expect)) return fault;
    if (auto fault = read_events(entry["expect_no"], test.expect_no)) return fault;
    if (test.expect.empty() && test.expect_no.empty()) {
      return at(entry.Mark(), "neither \"expect\" nor \"expect_no\": this test cannot fail");
    }
    return std::nullopt;
  }

  Fault read_lines(const YAML::Node& entry, RuleTest& test) const {
    const YAML::Node services = entry["lines"], until = entry["until"];
    if (until) {
      if (!services) return at(until.Mark(), "\"until\" goes with \"lines\"");
      if (auto fault = read_time("until", until, test.until)) return fault;
    }
    if (!services) return std::nullopt;
    constexpr const char* kWanted = "\"lines\" wants service: [0s: line, 10s: line]";
    if (!services.IsMap() || services.size() == 0) return at(services.Mark(), kWanted);
    for (const auto& service : services) {
      if (!service.first.IsScalar() || !service.second.IsSequence()) {
        return at(service.first.Mark(), kWanted);
      }
      std::vector<TestLine> lines;
      for (const YAML::Node& each : service.second) {
        if (!each.IsMap() || each.size() != 1) return at(each.Mark(), kWanted);
        const auto line = *each.begin();
        const bool text =
            line.second.IsScalar() && line.second.Scalar().find('\n') == std::string::npos;
        if (!text) return at(line.second.Mark(), "a line is one line of text");
        TestLine& out = lines.emplace_back();
        if (auto fault = read_time("a line", line.first, out.at)) return fault;
        out.text = line.second.Scalar();
      }
      test.lines.emplace_back(service.first.Scalar(), std::move(lines));
    }
    return std::nullopt;
  }

  Fault read_time(const std::string& what, const YAML::Node& node, Micros& out) const {
    const std::optional<Micros> span = read_duration(node.IsScalar() ? node.Scalar() : "");
    if (!span) return at(node.Mark(), what + " wants a time since the beginning: 0s, 90s, 10m, 2h");
    out = *span;
    return std::nullopt;
  }

  Fault read_events(const YAML::Node& list, std::vector<Expected>& out) const {
    if (!list) return std::nullopt;
    if (!list.IsSequence()) return at(list.Mark(), "wants a list of {kind: ..., line: ...}");
    for (const YAML::Node& each : list) {
      Expected expected;
      expected.where = where(each);
      if (auto fault = read_event(each, expected)) return fault;
      out.push_back(std::move(expected));
    }
    return std::nullopt;
  }

  Fault read_event(const YAML::Node& map, Expected& out) const {
    if (!map.IsMap() || map.size() == 0) return at(map.Mark(), "wants {kind: ..., line: ...}");
    if (auto fault = check_keys(map, kEventKeys)) return fault;
    for (const auto& pair : map) {
      const std::string& key = pair.first.Scalar();
      const YAML::Node& value = pair.second;
      if (key == "attributes") {
        if (!value.IsMap()) return at(value.Mark(), "\"attributes\" wants {name: value}");
        for (const auto& one : value) {
          if (!one.first.IsScalar() || !one.second.IsScalar()) {
            return at(one.first.Mark(), "\"attributes\" wants {name: value}");
          }
          out.attributes[one.first.Scalar()] = one.second.Scalar();
        }
        continue;
      }
      const std::string text = value.IsNull() ? "null" : value.IsScalar() ? value.Scalar() : "";
      if (text.empty()) return at(value.Mark(), "\"" + key + "\" wants a text");
      if (auto fault = read_value(key, text, value, out)) return fault;
    }
    return std::nullopt;
  }

  Fault read_value(const std::string& key, const std::string& text, const YAML::Node& value,
                   Expected& out) const {
    if (key == "kind") {
      out.kind = kind_from_name(text);
      if (!out.kind) return at(value.Mark(), "no kind of event is called \"" + text + "\"");
    } else if (key == "line") {
      const bool digits = text.size() < 19 && text.find_first_not_of("0123456789") == text.npos;
      if (!digits) return at(value.Mark(), "\"line\" wants a number");
      out.line = std::stoull(text);
    } else if (key == "at" || key == "end") {
      Micros since{0};
      if (auto fault = read_time("\"" + key + "\"", value, since)) return fault;
      (key == "at" ? out.at : out.end) = since;
    } else if (key == "planned") {
      if (text != "true" && text != "false" && text != "null") {
        return at(value.Mark(), "\"planned\" is true, false or null (not known)");
      }
      out.planned = text == "null" ? std::optional<bool>() : std::optional(text == "true");
    } else if (key == "service") {
      out.service = text;
    } else if (key == "cause") {
      out.cause = text;
    } else {
      out.rule = text;
    }
    return std::nullopt;
  }

  const std::string& name_;
};

bool same(const Attribute& attribute, const std::string& text) {
  if (const bool* held = std::get_if<bool>(&attribute)) return text == (*held ? "true" : "false");
  if (const std::string* held = std::get_if<std::string>(&attribute)) return text == *held;
  char* end = nullptr;
  const double wanted = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0') return false;
  const int64_t* whole = std::get_if<int64_t>(&attribute);
  const double held = whole ? static_cast<double>(*whole) : std::get<double>(attribute);
  return std::abs(held - wanted) < 0.0005;  // as far as they are printed
}

std::string planned_text(std::optional<bool> planned) {
  return !planned ? "null" : *planned ? "true" : "false";
}

}  // namespace

Result<std::vector<RuleTest>> read_rule_tests(std::string_view yaml, const std::string& name) {
  TestReader reader(name);
  try {
    return reader.read(yaml);
  } catch (const YAML::Exception& error) {  // yaml-cpp knows no other way to say it
    return reader.at(error.mark, error.msg);
  }
}

bool fits(const Event& event, const Expected& expected) {
  if (expected.kind && event.kind != *expected.kind) return false;
  if (expected.line && event.at.number != *expected.line) return false;
  if (expected.at && event.time != kTestBegin + *expected.at) return false;
  if (expected.end && event.end != kTestBegin + *expected.end) return false;
  if (expected.planned && event.planned != *expected.planned) return false;
  if (!expected.service.empty() && event.service != expected.service) return false;
  if (!expected.cause.empty() && event.cause != expected.cause) return false;
  for (const auto& [name, text] : expected.attributes) {
    const auto held = event.attributes.find(name);
    if (held == event.attributes.end() || !same(held->second, text)) return false;
  }
  return true;
}

std::string describe(const Expected& expected) {
  std::string out = expected.kind ? std::string(kind_name(*expected.kind)) : "an event";
  if (expected.line) out += " at line " + std::to_string(*expected.line);
  if (expected.at) out += ", at: " + duration_words(*expected.at);
  if (expected.end) out += ", end: " + duration_words(*expected.end);
  if (!expected.service.empty()) out += ", service: " + expected.service;
  if (expected.planned) out += ", planned: " + planned_text(*expected.planned);
  if (!expected.cause.empty()) out += ", cause: " + expected.cause;
  if (!expected.rule.empty()) out += ", rule: " + expected.rule;
  for (const auto& [name, text] : expected.attributes) out += ", " + name + ": " + text;
  return out;
}

}  // namespace blip
