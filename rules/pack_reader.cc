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
#include "rules/one_document.h"

namespace blip {
namespace {

constexpr std::array<std::string_view, 13> kKindNames = {
    "crash",        "oom",    "exit", "respawn",  "giveup",  "start", "ready",
    "stop_planned", "reload", "boot", "degraded", "symptom", "match"};
constexpr std::array<std::string_view, 4> kSeverityNames = {"info", "warning", "error", "critical"};
constexpr std::array<std::string_view, 19> kKeys = {
    "id",     "title",    "kind",     "severity",    "regex",          "unless", "literal",
    "worker", "weak",     "source",   "match",       "no_match",       "count",  "within",
    "by",     "distinct", "cooldown", "followed_by", "not_followed_by"};
// What a key may be made of beside groups of the regex.
constexpr std::array<std::string_view, 3> kOfEachLine = {"pid", "instance", "service"};

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
    if (!built_in_) expect_one_document(yaml);
    const YAML::Node document = YAML::Load(std::string(yaml));
    if (document.IsNull()) return std::vector<Signature>();
    if (!document.IsSequence()) {
      return at(document.Mark(), "expected a list of rules, each \"- id: ...\"");
    }
    std::vector<Signature> signatures;
    std::map<std::string, std::string> taken;
    for (const YAML::Node& entry : document) {
      Signature signature;
      if (const auto error = read_entry(entry, signature)) return *error;
      const auto added = taken.emplace(signature.id, signature.where);
      if (!added.second) {
        return at(keys_["id"].Mark(), "id " + signature.id + " is taken by " + added.first->second);
      }
      signatures.push_back(std::move(signature));
    }
    for (const Reference& reference : references_) {
      if (const auto error = check_reference(reference, signatures)) return *error;
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

  // A rule that another one waits for: it may stand further down.
  struct Reference {
    YAML::Mark mark;
    std::string key, id;
    std::vector<std::string> by;
  };

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
    if (built_in_) {
      if (auto error = check_literal(out)) return error;
      return read_sequence(out);
    }
    if (auto error = check_regex(out)) return error;
    if (auto error = check_literal(out)) return error;
    if (auto error = check_samples(out)) return error;
    return read_sequence(out);
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
    if (auto error = check_one_regex("regex", signature.regex)) return error;
    return signature.unless.empty() ? std::nullopt : check_one_regex("unless", signature.unless);
  }

  Fault check_one_regex(const char* key, const std::string& text) {
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

  // The keys that ask for more than one line (rules/sequence.h).
  Fault read_sequence(Signature& out) {
    const char* const keys[] = {"count",       "within",         "by", "distinct", "cooldown",
                                "followed_by", "not_followed_by"};
    const auto first = std::find_if(std::begin(keys), std::end(keys),
                                    [this](const char* key) { return has(key); });
    if (first == std::end(keys)) return std::nullopt;
    if (out.kind != SignatureKind::match) {
      return at(keys_[*first].Mark(), quoted(*first) + " goes with kind match; this is a " +
                                          std::string(kind_name(out.kind)));
    }
    Sequence sequence;
    if (auto error = read_count(sequence)) return error;
    if (auto error = read_span("within", kMostWithin, sequence.within)) return error;
    if (auto error = read_span("cooldown", kMostCooldown, sequence.cooldown)) return error;
    if (auto error = read_by(out, sequence)) return error;
    if (auto error = read_next(sequence)) return error;
    const bool more = sequence.count > 1 || sequence.next != Follow::none;
    if (more && !has("within")) {
      const char* const which = has("followed_by")       ? "followed_by"
                                : has("not_followed_by") ? "not_followed_by"
                                                         : "count";
      return at(keys_[which].Mark(), quoted(which) + " wants \"within\": how long, as 10m");
    }
    if (!more && has("within")) {
      return at(keys_["within"].Mark(),
                "\"within\" wants \"count\", \"followed_by\" or \"not_followed_by\"");
    }
    if (!more && !has("cooldown")) {
      return at(keys_[*first].Mark(), quoted(*first) +
                                          " wants \"count\", \"followed_by\", "
                                          "\"not_followed_by\" or \"cooldown\"");
    }
    if (!sequence.distinct.empty() && sequence.count < 2) {
      return at(keys_["distinct"].Mark(), "\"distinct\" wants \"count\": how many values");
    }
    // A flood that is counted would be told again each `count` lines.
    if (!has("cooldown") && sequence.next == Follow::none) sequence.cooldown = sequence.within;
    out.sequence = std::move(sequence);
    return std::nullopt;
  }

  bool has(const char* key) const { return keys_.find(std::string_view(key)) != keys_.end(); }

  Fault read_count(Sequence& out) {
    if (!has("count")) return std::nullopt;
    const YAML::Node& node = keys_["count"];
    const std::string word = node.IsScalar() ? node.Scalar() : "";
    const bool digits = word.size() < 10 && word.find_first_not_of("0123456789") == word.npos;
    out.count = digits && !word.empty() ? std::stoull(word) : 0;
    if (out.count >= 2 && out.count <= kMostCount) return std::nullopt;
    return at(node.Mark(), "\"count\" is a number from 2 to " + std::to_string(kMostCount));
  }

  Fault read_span(const char* key, Micros most, Micros& out) {
    if (!has(key)) return std::nullopt;
    const YAML::Node& node = keys_[key];
    const std::optional<Micros> span = read_duration(node.IsScalar() ? node.Scalar() : "");
    const bool nothing = key == std::string_view("within") && span && span->count() == 0;
    if (!span || nothing) {
      return at(node.Mark(), quoted(key) + " wants a number and a unit: 30s, 10m, 12h, 7d");
    }
    if (*span > most) {
      return at(node.Mark(), quoted(key) + " is at most " + duration_words(most));
    }
    out = *span;
    return std::nullopt;
  }

  // Named groups of a regex that RE2 has accepted.
  static std::vector<std::string> groups_of(const std::string& regex) {
    std::vector<std::string> names;
    const std::unique_ptr<RE2> compiled = compile(regex);
    for (const auto& [name, group] : compiled->NamedCapturingGroups()) names.push_back(name);
    return names;
  }

  Fault read_by(const Signature& signature, Sequence& out) {
    const std::vector<std::string> groups = groups_of(signature.regex);
    std::vector<std::string_view> known(groups.begin(), groups.end());
    const auto check = [&](const YAML::Node& node, const char* key) -> Fault {
      const std::string word = node.IsScalar() ? node.Scalar() : "";
      if (std::find(known.begin(), known.end(), word) != known.end()) return std::nullopt;
      return at(node.Mark(), quoted(key) + ": the regex has no group " + quoted(word) +
                                 did_you_mean(word, known, "\""));
    };
    if (has("distinct")) {
      if (auto error = check(keys_["distinct"], "distinct")) return error;
      out.distinct = keys_["distinct"].Scalar();
    }
    if (!has("by")) return std::nullopt;
    known.insert(known.end(), kOfEachLine.begin(), kOfEachLine.end());
    const YAML::Node& by = keys_["by"];
    const bool list = by.IsSequence();
    if (list && (by.size() == 0 || by.size() > kMostBy)) {
      return at(by.Mark(),
                "\"by\" wants one group, or a list of at most " + std::to_string(kMostBy));
    }
    for (size_t i = 0; i < (list ? by.size() : 1); ++i) {
      const YAML::Node one = list ? by[i] : by;
      if (auto error = check(one, "by")) return error;
      out.by.push_back(one.Scalar());
    }
    return std::nullopt;
  }

  Fault read_next(Sequence& out) {
    const bool wanted = has("followed_by");
    if (!wanted && !has("not_followed_by")) return std::nullopt;
    if (wanted && has("not_followed_by")) {
      return at(keys_["not_followed_by"].Mark(),
                "\"followed_by\" and \"not_followed_by\" in one rule; write two");
    }
    const char* const key = wanted ? "followed_by" : "not_followed_by";
    const YAML::Node& node = keys_[key];
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    if (text.empty()) return at(node.Mark(), quoted(key) + " wants the id of a rule, or a regex");
    out.next = wanted ? Follow::wanted : Follow::unwanted;
    if (is_id(text)) {
      out.next_id = text;
      references_.push_back({node.Mark(), key, text, out.by});
      return std::nullopt;
    }
    out.next_regex = with_pieces(text);
    if (auto error = check_one_regex(key, out.next_regex)) return error;
    out.next_literal = derive_literal(out.next_regex);
    if (out.next_literal.size() < kMinLiteral) {
      return at(node.Mark(), std::string(key) + " has no " + std::to_string(kMinLiteral) +
                                 " plain bytes that every match holds; write it so that it has, or "
                                 "make it a rule with a literal and give its id");
    }
    return check_key(node.Mark(), key, out.next_regex, out.by, "it");
  }

  // What is counted apart by groups must name them in both lines.
  Fault check_key(const YAML::Mark& mark, const std::string& key, const std::string& regex,
                  const std::vector<std::string>& by, const std::string& whose) const {
    const std::vector<std::string> groups = groups_of(regex);
    for (const std::string& name : by) {
      const auto is = [&name](std::string_view other) { return other == name; };
      if (std::any_of(groups.begin(), groups.end(), is)) continue;
      if (std::any_of(kOfEachLine.begin(), kOfEachLine.end(), is)) continue;
      return at(mark,
                key + ": " + whose + " has no group " + quoted(name) + ", which \"by\" asks for");
    }
    return std::nullopt;
  }

  // A rule of this file or of the built-in pack, wherever it stands.
  Fault check_reference(const Reference& reference, const std::vector<Signature>& read) const {
    std::vector<std::string_view> known;
    const Signature* found = nullptr;
    const auto look = [&](const std::vector<Signature>& in) {
      for (const Signature& one : in) {
        known.push_back(one.id);
        if (one.id == reference.id) found = &one;
      }
    };
    look(read);
    if (!built_in_) look(builtin_signatures());
    if (found != nullptr) {
      return check_key(reference.mark, reference.key, found->regex, reference.by, found->id);
    }
    return at(reference.mark, reference.key + ": no rule " + quoted(reference.id) +
                                  " in this file or built in" +
                                  did_you_mean(reference.id, known, "\"") +
                                  " (a regex that looks like an id: put it in (?:...))");
  }

  const std::string& name_;
  const bool built_in_;
  std::map<std::string, YAML::Node, std::less<>> keys_;  // of the entry at hand
  std::vector<Reference> references_;                    // of all entries so far
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
