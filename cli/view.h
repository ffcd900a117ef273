// What the common flags mean, checked once before a command runs: which events are asked for, and
// how they are to be shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/render/clock.h"
#include "cli/render/style.h"
#include "core/event.h"
#include "core/result.h"
#include "store/store.h"

namespace blip {

enum class Output { table, wide, ndjson, json, csv, md };

struct FailOn {
  EventKind kind = EventKind::restart;
  Severity at_least = Severity::info;
};

struct View {
  Output output = Output::table;
  Style style;
  Clock clock{Zone{}};
  Time now = kNoTime;  // when blip was started: what "2h" and "today" are counted from
  EventQuery query;    // since, until, service, min_confidence, limit
  std::vector<FailOn> fail_on;

  bool fails(const std::vector<Event>& events) const;  // is one of them what --fail-on names?
  bool for_people() const { return output == Output::table || output == Output::wide; }
};

Time wall_clock();

// The error says which flag and what to give; it goes with kUsage.
Result<View> read_view(const Arguments& arguments, Time now = wall_clock());

// "restart,crash:error"; `what` is the flag's name, for the error.
Result<std::vector<FailOn>> parse_kinds(std::string_view text, std::string_view what);

}  // namespace blip
