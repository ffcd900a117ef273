// What a set of events says, in paragraphs: worst first, and what belongs together told once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/event_text.h"
#include "cli/view.h"
#include "core/event.h"

namespace blip {

struct FindingsContext {
  const View& view;
  const ShortId& id;
  bool kept = false;  // in a store that later commands will find
};

// What one group of events comes to.
struct Finding {
  Severity severity = Severity::info;
  std::string headline;
  std::vector<std::string> details;  // a line each
  std::vector<const Event*> events;  // those it stands for, in order of time
  uint64_t told = 0;                 // id of the one that tells most
};

// Worst first. All text in them was made visible. `events` must outlive the result.
std::vector<Finding> findings_of(const std::vector<Event>& events, const FindingsContext& context);

// All restarts of a service are one paragraph with a line for each cause, then their list; so are
// crashes without a restart, reboots of the host, and each other kind of event. Ends with a newline
// unless it is empty.
std::string findings_text(const std::vector<Event>& events, const FindingsContext& context);

}  // namespace blip
