// restart of api at 2024-06-24 02:14:07.412, down 1.3 s, not planned, SILENT      confidence 0.997
//   life before        4 h 02 m · goroutines 9 ▁▂▃▄▅▆▇█ 40,812
//   evidence           (nats: sum 5.8, above 2 is certain)
//     -6.0  prior                            one candidate in 400 is a restart
//     +7.0  start phrase    api.log:120442   listening on :8080
//     +4.8  pid replaced    api.log:120441   pid 2211 → 9034
//   would change it    without start phrase (+7.0): suspected
//   same cause         3 times since 06-21 09:12:44
//   around it          blip why 51be07 --context 20
//
// A judge wrote the rows; here they are printed so that a person can check the sum with a pencil.

#include "cli/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "cli/render/escape.h"
#include "cli/render/sparkline.h"
#include "cli/render/table.h"
#include "cli/render/units.h"

namespace blip {
namespace {
constexpr double kCertain = 2, kLikely = 0, kSuspected = -2;  // scores, in nats
constexpr size_t kLabelColumn = 20;

std::string_view certainty(double score) {
  if (score >= kCertain) return "certain";
  if (score >= kLikely) return "likely";
  return score >= kSuspected ? "suspected" : "unlikely";
}

std::string shaped(const char* shape, double value) {
  char text[64];
  std::snprintf(text, sizeof text, shape, value);
  return text;
}

std::string label(std::string_view name) {
  std::string out = "  " + std::string(name);
  out.resize(std::max(out.size() + 1, kLabelColumn), ' ');
  return out;
}

std::string headline(const Event& event, const Clock& clock, const Style& style) {
  std::string out(kind_name(event.kind));
  if (!event.service.empty()) out += " of " + visible(event.service);
  if (!event.host.empty()) out += " on " + visible(event.host);
  out += known(event.time) ? " at " + clock.exact(event.time) : ", its time unknown";
  if (known(event.time) && event.quality == TimeQuality::estimated) out += " (estimated)";
  if (const auto down = number_attribute(event, "downtime_s")) out += ", down " + span_text(*down);
  if (event.kind == EventKind::restart) {
    out += !event.planned   ? ", planned or not: unknown"
           : *event.planned ? ", planned"
                            : ", not planned";
  }
  out = style.paint(Tint::bold, out);
  if (event.silent) out += ", " + style.paint(Tint::red, "SILENT");
  return out + "      confidence " + shaped("%.3f", event.confidence) + "\n";
}

std::string life_line(const Event& event, const Surroundings& around, const Style& style) {
  const auto lived = number_attribute(event, "lifetime_s");
  if (!lived && !around.before) return "";
  std::string out = label("life before") + (lived ? span_text(*lived) : "of unknown length");
  const std::string line = sparkline(around.samples, style.ascii);
  if (line.empty()) return out + "\n";
  out.append(style.dot()).append(visible(around.gauge)).append(" ");
  out.append(number_text(around.samples.front())).append(" ").append(line).append(" ");
  return out.append(number_text(around.samples.back())).append("\n");
}

std::string cause_line(const Event& event, const FileNames& names) {
  const std::string_view message = text_attribute(event, "message");
  const std::string_view frame = text_attribute(event, "frame");
  std::string out = label("cause") + visible(event.cause);
  if (!message.empty()) out += ": \"" + visible(message) + "\"";
  if (!frame.empty()) out += " at " + visible(frame);
  const Evidence* death = death_note_of(event);
  if (death != nullptr && !death->file.empty() && death->file != event.file) {
    out += "  (only in " + visible(names.of(death->file)) + ")";
  }
  return out + "\n";
}

std::string place_of(const Evidence& row, const FileNames& names) {
  if (row.at.number == 0) return "";
  return names.of(row.file) + ":" + std::to_string(row.at.number);
}

std::string weight_text(long tenths) { return shaped("%+.1f", static_cast<double>(tenths) / 10); }

std::string evidence_rows(const Event& event, const FileNames& names, const Style& style) {
  std::vector<Evidence> rows = event.evidence;
  std::vector<double> weights;
  for (const Evidence& row : rows) weights.push_back(row.weight);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const bool weighed = is_weighed(event.kind);
  // The rows are what the score is made of. Should they ever not be, the page says so.
  if (weighed && !(std::fabs(sum - event.score) <= 0.05)) {
    rows.push_back({.signal = "not accounted for",
                    .weight = event.score - sum,
                    .text = "the rows above do not add up to the score"});
    weights.push_back(event.score - sum);
  }
  const std::vector<long> tenths = tenths_that_add_up(weights, event.score);
  Table table({{"", Align::right}, {""}, {"", Align::left, true}, {"", Align::left, true}});
  for (size_t i = 0; i < rows.size(); ++i) {
    table.add({weighed ? weight_text(tenths[i]) : "", rows[i].signal, place_of(rows[i], names),
               rows[i].text});
  }
  std::string out = label("evidence");
  out += weighed ? "(nats: sum " + shaped("%.1f", event.score) + ", above 2 is certain)\n"
                 : "(a fact: nothing to weigh)\n";
  return out + table.text(style, 4);
}

std::string alike_line(const Event& event, const Surroundings& around, const Clock& clock) {
  if (around.alike < 2) return "";
  const std::string_view print = text_attribute(event, "fingerprint");
  std::string out = label(print.empty() ? "same cause" : "same fingerprint");
  out += count_text(around.alike) + " times";
  if (known(around.alike_since)) out += " since " + clock.text(around.alike_since);
  if (event.kind == EventKind::crash && !print.empty()) {
    out += " (blip crashes --fingerprint " + visible(print.substr(0, 6)) + ")";
  }
  return out + "\n";
}

// The least of the rows without which the score falls to another word.
const Evidence* least_that_matters(const Event& event) {
  const double floor = event.score >= kCertain  ? kCertain
                       : event.score >= kLikely ? kLikely
                                                : kSuspected;
  const Evidence* least = nullptr;
  for (const Evidence& row : event.evidence) {
    if (row.weight <= 0 || event.score - row.weight >= floor) continue;
    if (least == nullptr || row.weight < least->weight) least = &row;
  }
  return least;
}

const Evidence* stop_notice_of(const Event& event) {
  for (const Evidence& row : event.evidence) {
    if (row.signal.find("stop") != row.signal.npos) return &row;
  }
  return nullptr;
}
}  // namespace

bool is_weighed(EventKind kind) {
  return kind != EventKind::match && kind != EventKind::loss && kind != EventKind::health;
}

std::vector<long> tenths_that_add_up(const std::vector<double>& weights, double total) {
  static constexpr double kMost = 1e6;  // no weight is near it; a damaged store may say anything
  const auto in_tenths = [](double value) {
    return std::isfinite(value) ? std::clamp(value, -kMost, kMost) * 10 : 0.0;
  };
  std::vector<long> tenths;
  std::vector<size_t> by_error;
  long sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    tenths.push_back(std::lround(in_tenths(weights[i])));
    sum += tenths.back();
    by_error.push_back(i);
  }
  const long missing = std::lround(in_tenths(total)) - sum;
  const long step = missing < 0 ? -1 : 1;
  std::stable_sort(by_error.begin(), by_error.end(), [&](size_t a, size_t b) {
    const auto lacks = [&](size_t i) {
      return (in_tenths(weights[i]) - static_cast<double>(tenths[i])) * static_cast<double>(step);
    };
    return lacks(a) > lacks(b);
  });
  // Rounding n rows can be off by n/2 tenths at most: more is no rounding, and not hidden here.
  for (size_t i = 0; i < by_error.size() && static_cast<long>(i) < std::labs(missing); ++i) {
    tenths[by_error[i]] += step;
  }
  return tenths;
}

std::vector<std::string> what_would_change(const Event& event) {
  std::vector<std::string> out;
  if (!is_weighed(event.kind)) return out;
  if (event.kind == EventKind::restart) {
    const Evidence* notice = stop_notice_of(event);
    if (!event.planned.value_or(false)) {
      out.push_back("a stop notice or mark within 30 s before: planned");
    } else if (notice != nullptr) {
      out.push_back("without \"" + visible(notice->text) + "\": not planned");
    }
  }
  if (const Evidence* row = least_that_matters(event)) {
    out.push_back("without " + visible(row->signal) + " (" + shaped("%+.1f", row->weight) +
                  "): " + std::string(certainty(event.score - row->weight)));
  } else if (event.score >= kLikely) {
    out.push_back("no single row: without any one of them it stays " +
                  std::string(certainty(event.score)));
  }
  if (event.score < kCertain) {
    const double aim = event.score < kLikely ? kLikely : kCertain;
    out.push_back("another " + shaped("%+.1f", aim - event.score) + ": " +
                  std::string(certainty(aim)));
  }
  return out;
}

std::string explanation(const Event& event, const Surroundings& around, const Clock& clock,
                        const Style& style, std::string_view short_id) {
  FileNames names;
  names.add(event.file);
  for (const Evidence& row : event.evidence) names.add(row.file);
  std::string out = headline(event, clock, style);
  // A restart's title says no more than the line above.
  if (!event.title.empty() && event.kind != EventKind::restart)
    out += label("in short") + visible(event.title) + "\n";
  out += life_line(event, around, style);
  if (event.cause != "unknown" && !event.cause.empty()) out += cause_line(event, names);
  out += evidence_rows(event, names, style);
  if (event.silent) {
    out += label("silent because") + "no line of ";
    out += event.file.empty() ? "its own log" : visible(names.of(event.file));
    out += " tells of the end";
    if (around.before && known(around.before->end.from) && known(event.time)) {
      out += " between " + clock.exact(around.before->end.from) + " and " + clock.exact(event.time);
    }
    out += "\n";
  }
  bool first = true;
  for (const std::string& change : what_would_change(event)) {
    out += label(first ? "would change it" : "") + change + "\n";
    first = false;
  }
  if (const std::string_view restart = text_attribute(event, "restart"); !restart.empty()) {
    out += label("it caused") + "a restart: blip why " + visible(restart.substr(0, 6)) + "\n";
  }
  out += alike_line(event, around, clock);
  if (event.at.number != 0) {
    out += label("around it") + "blip why " + std::string(short_id) + " --context 20\n";
  }
  return out;
}

}  // namespace blip
