// Lives beside one another: which build, which experiment, which day lived longest, or grew least?
#pragma once

#include <optional>
#include <vector>

#include "cli/arguments.h"
#include "cli/view.h"
#include "core/run.h"
#include "store/store.h"

namespace blip {

// Of one life.
bool alive(const Run& life);                   // when its logs end
Time end_of(const Run& life);                  // its death, or its last line
std::optional<double> lived(const Run& life);  // seconds

// What `blip runs --by WHAT --overlay METRIC` prints about these lives; the exit code.
int compare_lives(const Arguments& arguments, const std::vector<Run>& lives, const Store& store,
                  View& view);

}  // namespace blip
