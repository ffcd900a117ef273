// What dockerd tells of a container is exact: each start, each end, by one clock. Where it does,
// the lines that the container itself wrote are put into the run they belong to.
#pragma once

#include <vector>

#include "core/signal.h"

namespace blip {

// `facts`: of one service, in the order of earlier(), which they are in afterwards too.
//
// A container's two streams are read by two hands, so that last words may stand before the first,
// by milliseconds: start words get no time before their run's start, last words of a run the time
// of its end. A process that was killed for memory while the container lived on was a child's, and
// so are the words about it: their count becomes 1.
//
// Nothing is changed where two containers of one service run side by side.
void align_to_containers(std::vector<Signal>& facts);

// Did dockerd tell this?
bool told_by_docker(const Signal& fact);

}  // namespace blip
