// When services were asked to stop. Several at once were asked by one and the same: the host that
// goes down, a script, a stack's restart. That somebody sent TERM is then no reason but a step of
// it, and what the reason was no log of one service tells.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "store/store.h"

namespace blip {

class Stops {
 public:
  // As the store's events have them.
  static Result<Stops> of(const Store& store);

  // Takes the place of what was known of the service. Gives the other services that stopped beside
  // a stop that came or went by it: they are to be judged again.
  std::set<std::string> learn(const std::string& service, const std::vector<Event>& events);

  bool has(const std::string& service) const { return stops_.count(service) > 0; }
  // A planned restart beside those of at least two other services has no cause of its own.
  void explain(Event& event) const;

 private:
  std::set<std::string> beside(const std::string& service, Time stop) const;

  std::map<std::string, std::set<Time>> stops_;  // by service; only those that have any
};

}  // namespace blip
