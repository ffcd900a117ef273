// --since last-night -o md --fail-on restart,crash:error --tz +02:00
//
// Turns these words into values or says what is wrong with them. When "last-night" was is when.cc's
// matter, which store is meant store_path.cc's.

#include "cli/view.h"

#include <algorithm>
#include <array>

#include "cli/render/escape.h"
#include "cli/when.h"
#include "core/suggest.h"

namespace blip {
namespace {
constexpr std::array<std::string_view, 6> kOutputs = {"table", "wide", "ndjson",
                                                      "json",  "csv",  "md"};
constexpr std::array<std::string_view, 3> kColours = {"auto", "always", "never"};
constexpr size_t kKinds = 15, kSeverities = 4;

std::string listed(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

// Which of `words` it is; `what` is the flag, for the error.
template <size_t N>
Result<size_t> choice(std::string_view text, const std::array<std::string_view, N>& words,
                      std::string_view what) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  const std::vector<std::string_view> known(words.begin(), words.end());
  return Error{std::string(what) + " is '" + visible(text) + "'; give one of " + listed(known) +
               did_you_mean(text, known)};
}

template <class Enum, size_t N>
std::vector<std::string_view> names(std::string_view (*name)(Enum)) {
  std::vector<std::string_view> out;
  for (size_t i = 0; i < N; ++i) out.push_back(name(static_cast<Enum>(i)));
  return out;
}

Result<FailOn> parse_kind(std::string_view word, std::string_view what) {
  const size_t colon = word.find(':');
  const std::optional<EventKind> kind = kind_from_name(word.substr(0, colon));
  if (!kind) {
    const auto known = names<EventKind, kKinds>(kind_name);
    return Error{std::string(what) + ": no kind '" + visible(word.substr(0, colon)) + "'" +
                 did_you_mean(word.substr(0, colon), known) + " (" + listed(known) + ")"};
  }
  if (colon == word.npos) return FailOn{.kind = *kind};
  const std::optional<Severity> severity = severity_from_name(word.substr(colon + 1));
  if (severity) return FailOn{*kind, *severity};
  const auto known = names<Severity, kSeverities>(severity_name);
  return Error{std::string(what) + ": no severity '" + visible(word.substr(colon + 1)) + "'" +
               did_you_mean(word.substr(colon + 1), known) + " (" + listed(known) + ")"};
}

Result<Zone> parse_zone(const Arguments& arguments) {
  if (arguments.utc) return Zone{.kind = Zone::Kind::fixed};
  if (arguments.tz.empty()) return Zone{};
  if (const auto offset = parse_offset(arguments.tz)) return Zone{Zone::Kind::fixed, *offset};
  return Error{"--tz is '" + visible(arguments.tz) + "'; give an offset like +02:00, or UTC"};
}

Status read_period(const Arguments& arguments, View& view) {
  if (!arguments.since.empty()) {
    const Result<Period> since = parse_when(arguments.since, view.now, view.clock);
    if (!since) return Error{"--since " + since.error().text};
    view.query.since = since->from;
    view.query.until = since->to;
  }
  if (arguments.until.empty()) return Done{};
  const Result<Period> until = parse_when(arguments.until, view.now, view.clock);
  if (!until) return Error{"--until " + until.error().text};
  view.query.until = known(until->to) ? until->to : until->from;
  if (known(view.query.since) && view.query.until <= view.query.since) {
    return Error{"--until lies before --since; swap them"};
  }
  return Done{};
}
}  // namespace

bool View::fails(const std::vector<Event>& events) const {
  return std::any_of(events.begin(), events.end(), [this](const Event& event) {
    return std::any_of(fail_on.begin(), fail_on.end(), [&event](const FailOn& named) {
      return event.kind == named.kind && event.severity >= named.at_least;
    });
  });
}

Result<std::vector<FailOn>> parse_kinds(std::string_view text, std::string_view what) {
  std::vector<FailOn> kinds;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const Result<FailOn> kind = parse_kind(text.substr(0, comma), what);
    if (!kind) return kind.error();
    kinds.push_back(*kind);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return kinds;
}

Time wall_clock() { return std::chrono::floor<Micros>(std::chrono::system_clock::now()); }

Result<View> read_view(const Arguments& arguments, Time now) {
  View view;
  view.now = now;
  const Result<size_t> output = choice(arguments.output, kOutputs, "-o");
  if (!output) return output.error();
  view.output = static_cast<Output>(*output);
  const Result<size_t> colour = choice(arguments.color, kColours, "--color");
  if (!colour) return colour.error();
  view.style = style_of_stdout(static_cast<Colour>(*colour), arguments.ascii);
  if (view.output == Output::wide) view.style.width = 0;
  const Result<Zone> zone = parse_zone(arguments);
  if (!zone) return zone.error();
  view.clock = Clock(*zone);
  view.query.service = arguments.service;
  view.query.limit = arguments.limit;
  view.query.min_confidence = arguments.min_confidence;
  if (const Status period = read_period(arguments, view); !period) return period.error();
  Result<std::vector<FailOn>> fail_on = parse_kinds(arguments.fail_on, "--fail-on");
  if (!fail_on) return fail_on.error();
  view.fail_on = std::move(*fail_on);
  return view;
}

}  // namespace blip
