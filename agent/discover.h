// What there is to read on a host that nobody has configured.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"

namespace blip {

struct Discovery {
  std::vector<SourceConfig> sources;  // origin: "found"
  std::vector<std::string> notes;     // what was left out, and why: a sentence each
};

// Looks at the usual places below `root` ("" is the host itself). Reads folders, never a log. No
// two sources give the same bytes.
Discovery discover(const std::string& root = "");

// A configuration that reads exactly that, as the text of a file, with the reasons as comments.
std::string config_text(const Discovery& found);

}  // namespace blip
