// The symptoms that all services' logs hold, kept beside the judging: a balancer's errors are
// looked at when a server is judged. What comes new to them may change what is said of any service
// that restarts.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "rules/judge/outside.h"
#include "store/store.h"

namespace blip {

// One service's, by signature.
class OwnSymptoms {
 public:
  static constexpr size_t kMaxSignatures = 8;  // of one service; later ones are left out
  // In order of time.
  void add(const Signal& signal);
  std::map<std::string, SymptomSeries> by_signature;
};

class Outside {
 public:
  static constexpr size_t kMaxServices = 16;  // with symptoms; later ones are left out

  // As the store has them.
  static Result<Outside> of(const Store& store);

  // Take the place of what was known of the service. Gives the other services to be judged again.
  std::set<std::string> learn(const std::string& service, OwnSymptoms symptoms);
  void learn(const std::string& service, const std::vector<Event>& events);
  // In order of service and signature.
  std::span<const SymptomSeries> all() const { return all_; }

 private:
  void gather();

  std::map<std::string, OwnSymptoms> symptoms_;
  std::set<std::string> restarting_;
  std::vector<SymptomSeries> all_;
};

}  // namespace blip
