// Threads for tasks that need nothing of one another.
#pragma once

#include <cstddef>
#include <functional>

namespace blip {

// The cores that this process may run on, at least 1: `taskset -c 0` leaves one.
size_t usable_cores();

// Calls work(0), work(1), ... work(tasks - 1), each once, up to `threads` of them at a time, and
// begins them in that order. The caller's thread is one of them: with one task or one thread no
// other is started, and where the system gives fewer, fewer do the work. Returns when all are done.
// An exception of `work` leaves from here, the first that came; tasks not yet begun are left out.
void share_out(size_t tasks, size_t threads, const std::function<void(size_t task)>& work);

}  // namespace blip
