// Lists of events in every output format, and the frame that all history commands share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/event_text.h"
#include "cli/render/table.h"
#include "cli/view.h"
#include "core/event.h"

namespace blip {

using EventTable = Table (*)(const std::vector<Event>& events, const View& view, const ShortId& id);

Table restart_table(const std::vector<Event>& events, const View& view, const ShortId& id);
Table leak_table(const std::vector<Event>& events, const View& view, const ShortId& id);
Table drift_table(const std::vector<Event>& events, const View& view, const ShortId& id);
Table crash_table(const std::vector<Event>& events, const View& view, const ShortId& id);
Table stretch_table(const std::vector<Event>& events, const View& view, const ShortId& id);
Table event_table(const std::vector<Event>& events, const View& view, const ShortId& id);

// In the format that `view` asks for. `extra`: more members of the JSON document, or "".
std::string list_text(const std::vector<Event>& events, View& view, EventTable table,
                      const ShortId& id, const std::string& extra = "");

struct HistoryQuery {
  std::vector<EventKind> kinds;  // empty: all
  std::string_view plural;       // "restarts": for "no restarts ..."
  EventTable table = event_table;
  std::function<bool(const Event&)> keep;  // empty: all; applied before --limit
};

// "no restarts of api since 2014-06-24 18:00:00.000; 3 logs watched without a gap": why an answer
// is empty, and what to ask instead. `plural` as above; "" if the store cannot be asked.
std::string nothing_text(const Store& store, const View& view, std::string_view plural);

// What `blip restarts`, `crashes` and `events` do; returns the exit code.
int list_history(const Arguments& arguments, const HistoryQuery& history);

}  // namespace blip
