// 51be07 -> the one event whose id begins so; what fits several is told with all of them:
//
//   that id fits 2 events; give more digits:
//     51be07d2c4f0a912  2014-06-24 02:14:07.412  restart  api

#include "cli/find_event.h"

#include "cli/render/escape.h"
#include "cli/render/units.h"

namespace blip {
namespace {
constexpr size_t kLeastDigits = 6;
constexpr size_t kCandidatesShown = 10;

std::string candidates(const std::vector<Event>& events, const View& view) {
  std::string out =
      "that id fits " + counted(events.size(), "event", "events") + "; give more digits:";
  for (size_t i = 0; i < events.size() && i < kCandidatesShown; ++i) {
    out += "\n  " + id_text(events[i].id) + "  " + view.clock.exact(events[i].time) + "  " +
           std::string(kind_name(events[i].kind)) + "  " + visible(events[i].service);
  }
  return out;
}
}  // namespace

Status check_id(const std::string& id) {
  const bool hex = id.find_first_not_of("0123456789abcdef") == id.npos;
  if (hex && id.size() >= kLeastDigits && id.size() <= 16) return Done{};
  return Error{"'" + visible(id) +
               "' is no id; give 6 to 16 of the hex digits that blip events shows"};
}

Result<Event> find_event(const Store& store, const std::string& id, const View& view) {
  Result<std::vector<Event>> events = store.events_by_prefix(id);
  if (!events) return events.error();
  if (events->empty()) {
    return Error{"no event " + id +
                 " in the store; blip events lists them, blip scan --keep remembers them"};
  }
  if (events->size() > 1) return Error{candidates(*events, view)};
  return std::move(events->front());
}

}  // namespace blip
