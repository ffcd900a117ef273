// Somebody switched a level of the log on or off: more lines, or fewer, and no restart by itself.
//
//   +6.0  level came   api.log:90112   62 % of the lines are debug, none in 41,300 before
//   -3.0  prior

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>

#include "rules/counts.h"
#include "rules/judge/judge.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr size_t kMaxSignals = 1024;
constexpr double kPrior = -3, kChanged = 6;
constexpr double kFlickers = -1.5;  // times ln(1 + changes of the level before): it comes and goes
constexpr Micros kWithStart = 900s;

class Verbosity : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind != SignalKind::counts || word_of(signal.subject, 0) != kLevel) return;
    changes_.push_back(signal);
    if (changes_.size() > kMaxSignals) changes_.pop_front();
  }

  void settle(Docket& docket) override {
    for (size_t i = 0; i < changes_.size(); ++i) {
      Event event = judge(i, docket);
      if (event.score >= kKept) docket.events.push_back(std::move(event));
    }
  }

  void save(StateWriter& out) const override {
    out.u64(changes_.size());
    for (const Signal& one : changes_) save_signal(one, out);
  }
  void restore(StateReader& in) override {
    changes_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) changes_.push_back(restore_signal(in));
  }

 private:
  Event judge(size_t index, const Docket& docket) const {
    const Signal& one = changes_[index];
    const std::string level(word_of(one.subject, 1));
    const bool on = one.detail == "on";
    Event event;
    event.kind = EventKind::verbosity;
    event.service = docket.service;
    event.at = one.at;
    event.id = event_id(one.at, event.kind, level);
    event.time = one.time;
    event.quality = one.quality;
    add_row(event, "prior", kPrior, nullptr, "one such change in 20 is somebody's doing");
    char text[160];
    if (on)
      std::snprintf(text, sizeof text, "%.0f %% of the lines are %s, none of %llu before was",
                    100 * one.after, level.c_str(), static_cast<unsigned long long>(one.count));
    else
      std::snprintf(text, sizeof text, "no line is %s, %.0f %% of them were", level.c_str(),
                    100 * one.before);
    Signal shown = one;
    shown.text = text;
    add_row(event, on ? "level came" : "level went", kChanged, &shown);
    const auto before =
        std::count_if(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(index),
                      [&](const Signal& other) {
                        return other.subject == one.subject && other.instance == one.instance;
                      });
    if (before > 0) {
      add_row(event, "it came and went before", kFlickers * std::log1p(static_cast<double>(before)),
              nullptr, std::to_string(before) + " times");
    }
    const auto turn = std::find_if(docket.turns.begin(), docket.turns.end(), [&](const Turn& at) {
      return known(at.begun) && at.begun >= one.time - kWithStart &&
             at.begun <= one.time + kWithStart;
    });
    if (turn != docket.turns.end())
      event.attributes["restart"] = id_text(docket.events[turn->event].id);
    event.confidence = 1 / (1 + std::exp(-event.score));
    event.severity = event.score < kLikely ? Severity::info : Severity::warning;
    event.attributes["level"] = level;
    event.attributes["on"] = on;
    event.attributes["share_before"] = one.before;
    event.attributes["share_after"] = one.after;
    event.title =
        docket.service + (on ? " began to write " : " stopped writing ") + level + " lines";
    return event;
  }

  std::deque<Signal> changes_;
};
}  // namespace

extern const JudgeSpec verbosity_judge = {"verbosity", 1, 3,
                                          [] { return std::unique_ptr<Judge>(new Verbosity); }};
}  // namespace blip
