// Which services are to be judged again, and when: soon after something that may change a verdict,
// later after what seldom does, and never so often that judging takes more than a share of the
// time.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace blip {

class DueServices {
 public:
  using Clock = std::chrono::steady_clock;
  // After a fold that took d a service rests for kShare x d.
  static constexpr int kShare = 10;

  // At `due`, or earlier where that was asked for before.
  void ask(const std::string& service, Clock::time_point due) {
    Case& one = cases_[service];
    const Clock::time_point at = std::max(due, one.not_before);
    if (one.due <= at) return;
    queue_.erase({one.due, service});
    one.due = at;
    queue_.insert({at, service});
  }
  bool empty() const { return queue_.empty(); }
  // When the next is due; Clock::time_point::max(): none is.
  Clock::time_point due() const {
    return queue_.empty() ? Clock::time_point::max() : queue_.begin()->first;
  }
  // Takes the next one out.
  std::string take() {
    const std::string service = queue_.begin()->second;
    queue_.erase(queue_.begin());
    cases_[service].due = Clock::time_point::max();
    return service;
  }
  void took(const std::string& service, Clock::time_point now, Clock::duration d) {
    cases_[service].not_before = now + d * kShare;
  }

 private:
  struct Case {
    Clock::time_point due = Clock::time_point::max(), not_before{};
  };
  std::map<std::string, Case> cases_;
  std::set<std::pair<Clock::time_point, std::string>> queue_;
};

}  // namespace blip
