// A rule's terms as one text, which goes with each of its signals:
//
//   5 600000000 600000000 none - - error ip,user five logins failed
//   | within    cooldown  |    | | |     by      title
//   count                 next | distinct
//                              itself
//
// Group names are words, so blanks and commas part them; the title is the rest.

#include "rules/sequence.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "rules/signature.h"

namespace blip {
namespace {
constexpr std::array<std::string_view, 3> kNexts = {"none", "wanted", "unwanted"};
constexpr std::string_view kNo = "-";

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr Unit kUnits[] = {{'w', 604'800}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
constexpr int64_t kLongest = 100LL * 366 * 86'400;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string joined(const std::vector<std::string>& words, std::string_view joint) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : joint).append(word);
  return out;
}

std::vector<std::string> parted(std::string_view text, char joint) {
  std::vector<std::string> words;
  while (true) {
    const size_t end = text.find(joint);
    words.emplace_back(text.substr(0, end));
    if (end == text.npos) return words;
    text.remove_prefix(end + 1);
  }
}

bool is_itself(const Signature& rule) {
  return rule.sequence->next != Follow::none && rule.sequence->next_id == rule.id;
}
}  // namespace

std::string terms_text(const Signature& rule) {
  const Sequence& sequence = *rule.sequence;
  const std::string_view next = kNexts[static_cast<size_t>(sequence.next)];
  std::string out = std::to_string(sequence.count);
  const auto add = [&out](std::string_view word) { out.append(" ").append(word); };
  add(std::to_string(sequence.within.count()));
  add(std::to_string(sequence.cooldown.count()));
  add(next);
  add(is_itself(rule) ? "itself" : kNo);
  add(sequence.distinct.empty() ? kNo : "distinct");
  add(severity_name(rule.severity));
  add(sequence.by.empty() ? std::string(kNo) : joined(sequence.by, ","));
  add(rule.title);
  return out;
}

std::optional<Terms> read_terms(std::string_view text) {
  const auto word = [&text] {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
  };
  const auto count = number_of<uint64_t>(word());
  const auto within = number_of<int64_t>(word()), cooldown = number_of<int64_t>(word());
  const auto next = std::find(kNexts.begin(), kNexts.end(), word());
  const bool itself = word() == "itself", distinct = word() == "distinct";
  const std::optional<Severity> severity = severity_from_name(word());
  const std::string_view by = word();
  if (!count || !within || !cooldown || next == kNexts.end() || !severity) return std::nullopt;
  if (*count < 1 || *count > kMostCount || *within < 0 || *within > kMostWithin.count() ||
      *cooldown < 0 || *cooldown > kMostCooldown.count()) {
    return std::nullopt;
  }
  Terms terms;
  terms.count = *count;
  terms.within = Micros(*within);
  terms.cooldown = Micros(*cooldown);
  terms.next = static_cast<Follow>(next - kNexts.begin());
  terms.itself = itself;
  terms.distinct = distinct;
  terms.severity = *severity;
  if (by != kNo) terms.by = parted(by, ',');
  terms.title = text;
  return terms;
}

std::string sequence_text(const Signature& rule) {
  const Sequence& sequence = *rule.sequence;
  std::string out;
  if (!sequence.distinct.empty()) {
    out = std::to_string(sequence.count) + " different values of " + sequence.distinct;
  } else {
    out = sequence.count == 1 ? "a line" : std::to_string(sequence.count) + " lines";
  }
  const std::string within = " within " + duration_words(sequence.within);
  if (sequence.count > 1) out += within;
  if (sequence.next != Follow::none) {
    out += sequence.next == Follow::wanted ? ", followed by " : ", not followed by ";
    out += is_itself(rule)             ? "another"
           : !sequence.next_id.empty() ? sequence.next_id
                                       : "'" + sequence.next_regex + "'";
    out += within;
  }
  if (!sequence.by.empty()) out += ", for each " + joined(sequence.by, " and ");
  if (sequence.cooldown.count() > 0) {
    out += "; then quiet for " + duration_words(sequence.cooldown);
  }
  return out;
}

std::optional<Micros> read_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                 [&](const Unit& one) { return one.letter == text.back(); });
  const auto count = number_of<uint32_t>(text.substr(0, text.size() - 1));
  if (unit == std::end(kUnits) || !count || *count > kLongest / unit->seconds) return std::nullopt;
  return std::chrono::seconds(*count * unit->seconds);
}

std::string duration_words(Micros span) {
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  for (const Unit& unit : kUnits) {
    if (unit.letter != 'w' && seconds >= unit.seconds && seconds % unit.seconds == 0) {
      return std::to_string(seconds / unit.seconds) + unit.letter;
    }
  }
  return "0s";
}

}  // namespace blip
