// blip 0.1.0

#include "cli/help.h"
#include "cli/print.h"

namespace blip {
namespace {
int run(const Arguments&) {
  print(version_text());
  return kDone;
}
}  // namespace

extern const Command version_command = {
    .name = "version",
    .summary = "print the version",
    .run = run,
};

}  // namespace blip
