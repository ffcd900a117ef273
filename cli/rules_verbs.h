// What `blip rules` can do, one function each; cli/rules.cc chooses among them.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/view.h"

namespace blip {

// All take the whole command line and give the exit code; operands[0] is their own name.
int try_rule(const Arguments& arguments, const View& view);    // rules try REGEX FILE
int test_rules(const Arguments& arguments, const View& view);  // rules test DIR
int new_rule(const Arguments& arguments, const View& view);    // rules new --from LINE

}  // namespace blip
