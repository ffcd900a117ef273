// What the exit codes mean, for all commands. 128 + N: ended by signal N.
#pragma once

namespace blip {

enum ExitCode : int {
  kDone = 0,        // also when nothing was found
  kMatched = 1,     // --fail-on matched
  kUsage = 2,       // wrong usage
  kBadConfig = 3,   // a configuration or rule file is not valid
  kUnreadable = 4,  // some input could not be read; the rest was done and reported
  kBadStore = 5,    // the store cannot be opened or written
};

}  // namespace blip
