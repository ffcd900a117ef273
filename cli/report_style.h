// How the report looks: one style sheet, light and dark, screen and paper.
#pragma once

#include "cli/render/html.h"

namespace blip {

Literal report_style();

}  // namespace blip
