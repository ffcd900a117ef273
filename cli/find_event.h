// The event that a person means by the first digits of its id.
#pragma once

#include <string>

#include "cli/view.h"
#include "core/event.h"
#include "core/result.h"
#include "store/store.h"

namespace blip {

// Is it written like an id at all? The error goes with kUsage.
Status check_id(const std::string& id);

// The error lists the candidates, or says how to find ids.
Result<Event> find_event(const Store& store, const std::string& id, const View& view);

}  // namespace blip
