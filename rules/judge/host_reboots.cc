// The host's own restarts. Boot lines that stand together are one boot,
//
//   kernel: Linux version 5.10.0-28-amd64 ...      systemd[1]: systemd 252 running in system mode
//   -- Boot 5f3c... --                             systemd-journald: File ... uncleanly shut down
//   boot e6ec4a4f-... -> 0b7d1c22-...              (samples of the host, minutes after it perhaps)
//
// and it was clean when somebody said before it that the host goes down. The first boot a log tells
// of, with nothing of the host before it, is where the log begins and no reboot.

#include <algorithm>
#include <cmath>
#include <deque>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr size_t kMaxSignals = 16384;
constexpr Micros kOneBoot = 300s;    // boot lines of one boot
constexpr Micros kComingUp = 60s;    // a log that begins this long before one begins with it
constexpr Micros kShutdown = 600s;   // a shutdown notice this long before still explains it
constexpr double kLongestAge = 3e9;  // seconds, about a hundred years
constexpr double kPrior = -6, kFirstLine = 8, kFurther = 1;

// When the host came up: what is said later may tell how long ago that was.
Time booted(const Signal& boot) {
  if (!known(boot.time) || boot.after <= 0 || boot.after > kLongestAge) return boot.time;
  const Time then = boot.time - Micros(static_cast<int64_t>(boot.after * 1e6));
  return known(boot.since) && then < boot.since ? boot.time : then;
}

class HostReboots : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind == SignalKind::progress && signal.service != "host") return;
    if (signal.kind != SignalKind::host_boot && signal.kind != SignalKind::stop_notice &&
        signal.kind != SignalKind::progress) {
      return;
    }
    signals_.push_back(signal);
    if (signals_.size() > kMaxSignals) signals_.pop_front();
  }

  void settle(Docket& docket) override {
    if (docket.service != "host") return;
    const Signal* stop = nullptr;
    Event* open = nullptr;
    Time head = kNoTime;  // of the boot with which the log begins
    for (const Signal& signal : signals_) {
      if (signal.kind == SignalKind::stop_notice) stop = &signal;
      if (signal.kind != SignalKind::host_boot) continue;
      if (open != nullptr && known(open->time) && known(signal.time) &&
          booted(signal) - open->time <= kOneBoot) {
        if (open->evidence.size() < 4) add(*open, "further boot line", kFurther, signal);
        continue;
      }
      // Nothing of the host before it, or what it says while it comes up. The kernel's own lines
      // are a service of their own: what stood before the boot line tells of them.
      const bool up_before =
          known(signal.since) && known(signal.time) && signal.time - signal.since > kComingUp;
      const bool at_head = !up_before && known(signals_.front().time) && known(signal.time) &&
                           signal.time - signals_.front().time <= kComingUp;
      if (!known(signal.since) || at_head) head = signal.time;
      if (known(head) && known(signal.time) && signal.time - head <= kOneBoot) {
        stop = nullptr;
        continue;
      }
      docket.events.push_back(begin(signal, stop));
      open = &docket.events.back();
      docket.turns.push_back(turn_at(signal, docket.events.size() - 1));
      stop = nullptr;
    }
    for (Event& event : docket.events) {
      if (event.kind == EventKind::host_reboot) event.confidence = 1 / (1 + std::exp(-event.score));
    }
  }

  void save(StateWriter& out) const override {
    out.u64(signals_.size());
    for (const Signal& signal : signals_) save_signal(signal, out);
  }
  void restore(StateReader& in) override {
    signals_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) signals_.push_back(restore_signal(in));
  }

 private:
  static void add(Event& event, const char* name, double weight, const Signal& signal) {
    Evidence row{.signal = name, .weight = weight};
    row.at = signal.at;
    row.time = signal.time;
    row.text = signal.text;
    event.score += weight;
    event.evidence.push_back(std::move(row));
  }

  static Event begin(const Signal& boot, const Signal* stop) {
    Event event;
    event.kind = EventKind::host_reboot;
    event.id = event_id(boot.at, event.kind);
    event.service = "host";
    event.at = boot.at;
    event.time = booted(boot);
    event.quality = boot.quality;
    event.explicit_ = true;
    event.cause = "reboot";
    event.evidence.push_back(
        {.signal = "prior", .weight = kPrior, .text = "one candidate in 400 is a restart"});
    event.score = kPrior;
    add(event, "boot line", kFirstLine, boot);
    const bool clean = stop != nullptr && known(stop->time) && known(boot.time) &&
                       boot.time >= stop->time && boot.time - stop->time <= kShutdown;
    if (clean) add(event, "shutdown notice", 0, *stop);
    event.planned = clean;
    event.silent = !clean;
    event.severity = clean ? Severity::info : Severity::critical;
    event.attributes["clean"] = clean;
    if (known(boot.since) && known(event.time) && event.time >= boot.since) {
      event.attributes["downtime_s"] = seconds_of(event.time - boot.since);
    }
    event.title = clean ? "the host rebooted, cleanly" : "the host rebooted uncleanly";
    return event;
  }

  // What the host holds begins anew, and with it its life.
  static Turn turn_at(const Signal& boot, size_t event) {
    Turn turn;
    turn.event = event;
    turn.first = boot.at;
    turn.begun = booted(boot);
    turn.died = known(boot.since) ? boot.since : turn.begun;
    return turn;
  }

  std::deque<Signal> signals_;
};
}  // namespace

extern const JudgeSpec host_reboots_judge = {
    "host_reboots", 1, 0, [] { return std::unique_ptr<Judge>(new HostReboots); }};
}  // namespace blip
