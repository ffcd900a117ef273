// The canonical dump: what two stores must agree on to the byte when the same logs were read, in
// one scan, followed live, or with kills in between.
#pragma once

#include <string>

#include "core/result.h"
#include "store/store.h"

namespace blip {

// Sets `out` to one JSON line for each stored event, suspected ones too, in the order of (time,
// id). What may differ between readings of the same bytes is left out: paths, revisions, estimated
// times, and what only blip itself lived through (health).
Status write_canonical_dump(const Store& store, std::string& out);

}  // namespace blip
