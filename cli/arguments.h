// The command line as one plain struct, and the table its flags are described by. A flag is one row
// with its help; CLI11 stays inside arguments.cc.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace blip {

struct Command;

struct Arguments {
  const Command* command = nullptr;   // never null once read
  std::vector<std::string> operands;  // what stands after the command
  bool help = false, version = false;

  // Everywhere. Times, zone, format and kinds are still text here: view.h knows what they mean.
  std::string since, until, service, output = "table", db, config, color = "auto", tz, fail_on;
  size_t limit = 0;  // 0: all
  double min_confidence = 0.5;
  bool json = false, ascii = false, utc = false;
  bool no_progress = false, no_pager = false, quiet = false, verbose = false;

  // Of single commands.
  bool keep = false, show_unparsed = false;                 // scan
  size_t jobs = 0;                                          // scan
  bool polling = false;                                     // agent
  std::string format = "auto", timezone = "+00:00", rules;  // scan; rules: also `rules`
  std::string from;                                         // rules
  std::string kinds, fingerprint;                           // events; crashes
  size_t context = 0;                                       // why
  bool force = false;                                       // config init
  std::string lasts = "10m";                                // mark
  std::string metric;                                       // timeline
  std::string by, overlay;                                  // runs
  std::string max_time = "10s";                             // sql
  std::string older_than, max_size;                         // store prune
  bool dry_run = false;                                     // store prune
  bool undo = false, all = false;                           // ack; overview, incidents
  bool man = false;                                         // help
};

struct Flag {
  std::string_view names;  // "-s,--service"
  std::string_view value;  // "GLOB"; empty: a switch
  std::string_view help;   // what it does, without a full stop
  std::variant<bool Arguments::*, std::string Arguments::*, size_t Arguments::*,
               double Arguments::*>
      field;

  std::string_view name() const;  // "--service"
};

// The flags that mean the same everywhere. Those that `env_name` gives a name can be set there too.
std::span<const Flag> common_flags();
std::string env_name(const Flag& flag);  // "BLIP_SERVICE"; "" for the few that have none

// One subcommand. Each stands in a file of its own that defines it.
struct Command {
  std::string_view name;
  std::string_view operands;                         // "PATH...", "ID", "[SERVICE]"
  size_t least = 0, most = 0;                        // how many operands it takes
  std::string_view summary;                          // one line
  std::string_view help;                             // more of them, with examples
  std::span<const Flag> flags = {};                  // beside the common ones
  int (*run)(const Arguments& arguments) = nullptr;  // returns the exit code
};

// In the order in which help shows them (commands.cc). The first is what bare `blip` does.
std::span<const Command* const> all_commands();
const Command* find_command(std::string_view name);  // null: there is none

// Flags may stand before or after the command, which is the first word; everything after "--" is an
// operand. The error is for stderr and says what to type instead; it goes with kUsage.
Result<Arguments> read_arguments(int argc, const char* const* argv);

}  // namespace blip
