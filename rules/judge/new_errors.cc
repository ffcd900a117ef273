// Errors that nobody has seen yet: a line of a kind that the service did not write in all the time
// it was watched.
//
//   +4.4  new kind of error   api.log:81204  cannot parse ledger row: unexpected end of input
//   -2.0  prior

#include <algorithm>
#include <cmath>
#include <deque>

#include "rules/counts.h"
#include "rules/judge/judge.h"
#include "rules/judge/span_text.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr size_t kMaxSignals = 2048;
constexpr double kPrior = -2, kMost = 5;
constexpr double kOnlyWords = -1;    // no level says that it is an error
constexpr Micros kWithStart = 120s;  // a new life may begin with new words
constexpr double kOfRestart = -1;
constexpr double kDay = 86400;

class NewErrors : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind != SignalKind::counts || word_of(signal.subject, 0) != kNew) return;
    news_.push_back(signal);
    if (news_.size() > kMaxSignals) news_.pop_front();
  }

  void settle(Docket& docket) override {
    for (const Signal& one : news_) {
      Event event;
      event.kind = EventKind::new_error;
      event.service = docket.service;
      event.at = one.at;
      event.id = event_id(one.at, event.kind);
      event.time = one.time;
      event.quality = one.quality;
      event.explicit_ = true;
      add_row(event, "prior", kPrior, nullptr, "what is new is not always worth a look");
      const double weight =
          std::log(1 + static_cast<double>(one.count) / 2000) + 2 * std::log(1 + one.before / kDay);
      add_row(event, "new kind of error", std::min(kMost, weight), &one);
      if (one.after == 0) {
        add_row(event, "by its words alone", kOnlyWords, nullptr, "its format names no level");
      }
      const auto turn = std::find_if(docket.turns.begin(), docket.turns.end(), [&](const Turn& at) {
        return known(at.begun) && one.time >= at.begun && one.time - at.begun <= kWithStart;
      });
      if (turn != docket.turns.end()) {
        event.attributes["restart"] = id_text(docket.events[turn->event].id);
        add_row(event, "comes with a restart", kOfRestart, nullptr,
                "restart at " + format_rfc3339(turn->begun));
      }
      if (event.score < kKept) continue;
      event.confidence = 1 / (1 + std::exp(-event.score));
      event.severity = event.score < kLikely ? Severity::info : Severity::warning;
      event.attributes["template"] = one.detail;
      event.attributes["lines_before"] = static_cast<int64_t>(one.count) - 1;
      event.attributes["watched_s"] = one.before;
      event.title = docket.service + " wrote an error never seen in " + time_span(one.before) +
                    ": " + one.detail;
      docket.events.push_back(std::move(event));
    }
  }

  void save(StateWriter& out) const override {
    out.u64(news_.size());
    for (const Signal& one : news_) save_signal(one, out);
  }
  void restore(StateReader& in) override {
    news_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) news_.push_back(restore_signal(in));
  }

 private:
  std::deque<Signal> news_;
};
}  // namespace

extern const JudgeSpec new_errors_judge = {"new_errors", 1, 3,
                                           [] { return std::unique_ptr<Judge>(new NewErrors); }};
}  // namespace blip
