// Reads signatures, the built-in ones and a user's own:
//
//   - id: go.panic                       # system.what
//     title: a Go program panicked
//     kind: crash
//     severity: critical
//     regex: '^panic: (?P<reason>.+)'
//     source: golang/go src/runtime/panic.go
//     match: ['panic: assignment to entry in nil map']
//     no_match: ['do not panic: all is well']
//
// A mistake in a rule is told where it stands, at load: a rule that can't fire is worse than none.
// Scalars are read as text and typed here, since YAML takes `no` for false and 1.10 for 1.1.
// docs/rules.md is the reference of the keys.

#include "rules/pack_reader.h"

#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "core/suggest.h"
#include "rules/literal.h"
#include "rules/matcher.h"

namespace blip {
namespace {

constexpr std::array<std::string_view, 13> kKindNames = {
    "crash",        "oom",    "exit", "respawn",  "giveup",  "start", "ready",
    "stop_planned", "reload", "boot", "degraded", "symptom", "match"};
constexpr std::array<std::string_view, 4> kSeverityNames = {"info", "warning", "error", "critical"};
constexpr std::array<std::string_view, 12> kKeys = {"id",    "title",  "kind",    "severity",
                                                    "regex", "unless", "literal", "worker",
                                                    "weak",  "source", "match",   "no_match"};

// "%{version}" in a regex: a version of three numbers, with what may cling to it and what must
// stand before. Four numbers are rather an address, two may be any quantity, and 2024.01.02 is a
// date.
constexpr std::string_view kVersionName = "%{version}";
constexpr std::string_view kVersionPiece =
    R"((?:^|[\s(/@_:=-])v?(?P<version>(?:\d{1,3}\.\d+|20\d\d\.[1-9]\d?)\.\d+(?:[-+~_][\w.+~-]+)?))"
    R"(\)?(?: \([^)]*\))?)";

bool holds(std::string_view text, std::string_view literal, bool caseless) {
  const auto same = [caseless](char a, char b) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return caseless ? low(a) == low(b) : a == b;
  };
  return std::search(text.begin(), text.end(), literal.begin(), literal.end(), same) != text.end();
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::unique_ptr<RE2> compile(const std::string& regex) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  return std::make_unique<RE2>(regex, options);
}

// "system.what": small letters, digits, "-" and "_", with dots between.
bool is_id(const std::string& id) {
  static const RE2 shape(R"([a-z0-9_-]+(\.[a-z0-9_-]+)+)");
  return RE2::FullMatch(id, shape);
}

class PackReader {
 public:
  PackReader(const std::string& name, PackOrigin origin)
      : name_(name), built_in_(origin == PackOrigin::built_in) {}

  Result<std::vector<Signature>> read(std::string_view yaml) {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.empty() || documents[0].IsNull()) return std::vector<Signature>();
    if (documents.size() > 1) return at(documents[1].Mark(), "a second document; one is read");
    if (!documents[0].IsSequence()) {
      return at(documents[0].Mark(), "expected a list of rules, each \"- id: ...\"");
    }
    std::vector<Signature> signatures;
    std::map<std::string, std::string> taken;
    for (const YAML::Node& entry : documents[0]) {
      Signature signature;
      if (const auto error = read_entry(entry, signature)) return *error;
      const auto added = taken.emplace(signature.id, signature.where);
      if (!added.second) {
        return at(keys_["id"].Mark(), "id " + signature.id + " is taken by " + added.first->second);
      }
      signatures.push_back(std::move(signature));
    }
    return signatures;
  }

  Error at(const YAML::Mark& mark, const std::string& what) const {
    if (mark.is_null()) return {name_ + ": " + what};
    return {name_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) +
            ": " + what};
  }

 private:
  using Fault = std::optional<Error>;

  Fault read_entry(const YAML::Node& entry, Signature& out) {
    if (!entry.IsMap()) return at(entry.Mark(), "expected a rule: \"- id: ...\"");
    if (auto error = collect(entry)) return error;
    for (const char* key : {"id", "title", "regex", "match", "no_match"}) {
      if (keys_.count(key) == 0) return at(entry.Mark(), "no " + quoted(key) + " in this rule");
    }
    if (built_in_ && keys_.count("source") == 0) return at(entry.Mark(), "no \"source\"");
    out.where = name_ + ":" + std::to_string(entry.Mark().line + 1);
    if (auto error = read_words(out)) return error;
    if (auto error = read_samples("match", out.match)) return error;
    if (auto error = read_samples("no_match", out.no_match)) return error;
    if (built_in_) return check_literal(out);
    if (auto error = check_regex(out)) return error;
    if (auto error = check_literal(out)) return error;
    return check_samples(out);
  }

  // The entry's values by key, each key known and given once.
  Fault collect(const YAML::Node& entry) {
    keys_.clear();
    for (const auto& pair : entry) {
      if (!pair.first.IsScalar()) return at(pair.first.Mark(), "a key is a word");
      const std::string& key = pair.first.Scalar();
      if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
        return at(pair.first.Mark(), "unknown key " + quoted(key) +
                                         did_you_mean(key, {kKeys.begin(), kKeys.end()}, "\""));
      }
      if (!keys_.emplace(key, pair.second).second) {
        return at(pair.first.Mark(), "key " + quoted(key) + " given twice");
      }
    }
    return std::nullopt;
  }

  Fault read_words(Signature& out) {
    struct Word {
      const char* key;
      std::string* value;
    };
    std::string kind, severity, worker, weak;
    const Word words[] = {{"id", &out.id},           {"title", &out.title}, {"kind", &kind},
                          {"severity", &severity},   {"regex", &out.regex}, {"unless", &out.unless},
                          {"literal", &out.literal}, {"worker", &worker},   {"weak", &weak},
                          {"source", &out.source}};
    for (const Word& word : words) {
      const auto found = keys_.find(word.key);
      if (found == keys_.end()) continue;
      if (!found->second.IsScalar() || found->second.Scalar().empty()) {
        return at(found->second.Mark(), quoted(word.key) + " wants a text");
      }
      *word.value = found->second.Scalar();
    }
    if (!is_id(out.id)) {
      return at(keys_["id"].Mark(), "id " + quoted(out.id) + " is not like \"system.what\"");
    }
    out.system = out.id.substr(0, out.id.find('.'));
    out.regex = with_pieces(std::move(out.regex));
    if (auto error = read_name("kind", kind, kKindNames, out.kind)) return error;
    if (auto error = read_name("severity", severity, kSeverityNames, out.severity)) return error;
    if (auto error = read_flag("worker", worker, out.worker)) return error;
    if (auto error = read_flag("weak", weak, out.weak)) return error;
    if (out.weak && out.kind != SignatureKind::start && out.kind != SignatureKind::ready) {
      return at(keys_["weak"].Mark(), "only a start or ready may be weak");
    }
    return std::nullopt;
  }

  template <size_t N, class Enum>
  Fault read_name(const char* key, const std::string& word,
                  const std::array<std::string_view, N>& names, Enum& out) {
    if (word.empty()) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) {
      return at(keys_[key].Mark(), "unknown " + std::string(key) + " " + quoted(word) +
                                       did_you_mean(word, {names.begin(), names.end()}, "\""));
    }
    out = static_cast<Enum>(found - names.begin());
    return std::nullopt;
  }

  Fault read_flag(const char* key, const std::string& word, bool& out) {
    if (!word.empty() && word != "true" && word != "false") {
      return at(keys_[key].Mark(), quoted(key) + " is true or false");
    }
    out = word == "true";
    return std::nullopt;
  }

  Fault read_samples(const char* key, std::vector<std::string>& out) {
    const YAML::Node& list = keys_[key];
    if (!list.IsSequence() || list.size() == 0) {
      return at(list.Mark(), quoted(key) + " wants a list with at least one line");
    }
    for (const YAML::Node& item : list) {
      if (!item.IsScalar() || item.Scalar().find('\n') != std::string::npos) {
        return at(item.Mark(), "a sample is one line of text");
      }
      out.push_back(item.Scalar());
    }
    return std::nullopt;
  }

  Fault check_regex(const Signature& signature) {
    for (const char* key : {"regex", "unless"}) {
      const bool is_regex = key == std::string_view("regex");
      const std::string& text = is_regex ? signature.regex : signature.unless;
      if (text.empty()) continue;
      const YAML::Mark mark = keys_[key].Mark();
      if (text.find("%{") != std::string::npos) {
        return at(mark, "the only piece there is is %{version}, once in a regex");
      }
      const std::unique_ptr<RE2> regex = compile(text);
      if (!regex->ok()) return at(mark, std::string(key) + ": " + regex->error());
      if (regex->CapturingGroupNames().size() != regex->NamedCapturingGroups().size()) {
        return at(mark, std::string(key) + " names two groups alike");
      }
      if (regex->NumberOfCapturingGroups() > kMaxGroups) {
        return at(mark, std::string(key) + " has more than " + std::to_string(kMaxGroups) +
                            " groups; use (?:...)");
      }
      if (regex->Match("", 0, 0, RE2::UNANCHORED, nullptr, 0)) {
        return at(mark, std::string(key) + " matches an empty line");
      }
    }
    return std::nullopt;
  }

  Fault check_literal(Signature& out) {
    const bool given = !out.literal.empty();
    if (!given) out.literal = derive_literal(out.regex);
    const YAML::Mark mark = keys_[given ? "literal" : "regex"].Mark();
    if (out.literal.size() < kMinLiteral) {
      const std::string least = std::to_string(kMinLiteral);
      if (given) return at(mark, "literal is shorter than " + least + " bytes");
      return at(mark, "regex has no " + least +
                          " plain bytes that every match holds; write it so that it has, or give "
                          "a literal that stands in all of them");
    }
    if (!given) return std::nullopt;
    if (!std::all_of(out.literal.begin(), out.literal.end(), is_literal_byte)) {
      return at(mark,
                "literal holds a byte that JSON may escape: no quote, \\, /, <, >, &, "
                "control or non-ASCII byte");
    }
    const bool caseless = is_caseless(out.regex);
    for (size_t i = 0; i < out.match.size(); ++i) {
      if (!holds(out.match[i], out.literal, caseless)) {
        return at(keys_["match"][i].Mark(), "literal " + quoted(out.literal) + " is not in this");
      }
    }
    return std::nullopt;
  }

  Fault check_samples(const Signature& signature) {
    const Matcher matcher(signature);
    Captures captures;
    for (size_t i = 0; i < signature.match.size(); ++i) {
      if (matcher.match(signature.match[i], captures)) continue;
      return at(keys_["match"][i].Mark(), signature.id + " does not fire on this");
    }
    for (size_t i = 0; i < signature.no_match.size(); ++i) {
      if (!matcher.match(signature.no_match[i], captures)) continue;
      return at(keys_["no_match"][i].Mark(), signature.id + " fires on this, and must not");
    }
    return std::nullopt;
  }

  const std::string& name_;
  const bool built_in_;
  std::map<std::string, YAML::Node, std::less<>> keys_;  // of the entry at hand
};

}  // namespace

std::string with_pieces(std::string regex) {
  const size_t at = regex.find(kVersionName);
  if (at != std::string::npos) regex.replace(at, kVersionName.size(), kVersionPiece);
  return regex;
}

std::string_view kind_name(SignatureKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

Result<std::vector<Signature>> read_pack(std::string_view yaml, const std::string& name,
                                         PackOrigin origin) {
  PackReader reader(name, origin);
  try {
    return reader.read(yaml);
  } catch (const YAML::Exception& error) {  // yaml-cpp knows no other way to say it
    return reader.at(error.mark, error.msg);
  }
}

}  // namespace blip
