// What others saw: symptoms of other services' logs, a balancer's "no answer", a client's
// "connection refused". Nothing in them says whose fault it was; symptoms.cc looks whose restarts
// they come with.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "core/signal.h"

namespace blip {

struct SymptomSeen {
  Time time = kNoTime;
  Anchor at;
};

// One signature's symptoms in one service's logs.
struct SymptomSeries {
  static constexpr size_t kMaxSeen = 4096;  // the oldest go first

  std::string service, signature;
  std::string text;              // one of its lines
  std::deque<SymptomSeen> seen;  // dated ones, in order

  void add(const Signal& symptom) {
    if (!known(symptom.time)) return;
    if (seen.size() >= kMaxSeen) seen.pop_front();
    seen.push_back({symptom.time, symptom.at});
    text = symptom.text;
  }
};

}  // namespace blip
