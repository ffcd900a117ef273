// Which rotation sets a configured pattern means, now and later.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tailer/inputs.h"

namespace blip {

struct Patterns {
  // Paths, folders and globs: "*" and "?" and "[...]" within a name, "**" over folders.
  std::vector<std::string> include;
  std::vector<std::string> exclude;  // matched against the whole path, and against the name alone
};

// What the patterns now match. Like find_inputs(), but nothing missing is an error, excluded files
// are left out, symlinks are followed once (a file reached by two names is one file), and loops
// end.
struct Found {
  std::vector<Source> sources;       // by folder and base
  std::vector<std::string> folders;  // to watch: where a new match could appear
};
Found find_sources(const Patterns& patterns);

}  // namespace blip
