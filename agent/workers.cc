// share_out(5, 2, read):
//
//   caller's thread   read(0) ......................  read(4) ...
//   another           read(1) ....  read(2) ..  read(3) .........
//
// Who is free takes the next number, so with the largest task first no thread waits long at the
// end.

#include "agent/workers.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace blip {
namespace {
constexpr size_t kMostCores = 1 << 16;  // asked of the kernel, which refuses room for too few

class Tasks {
 public:
  Tasks(size_t count, const std::function<void(size_t task)>& work) : count_(count), work_(work) {}

  void take() {
    try {
      for (size_t i = next_++; i < count_; i = next_++) work_(i);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
      next_ = count_;
    }
  }
  // When no thread is left in take().
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  const size_t count_;
  const std::function<void(size_t task)>& work_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr thrown_;
};
}  // namespace

size_t usable_cores() {
  for (size_t room = CPU_SETSIZE; room <= kMostCores; room *= 2) {
    std::vector<cpu_set_t> set(room / CPU_SETSIZE);
    const size_t size = set.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, size, set.data()) == 0) {
      return std::max<size_t>(1, static_cast<size_t>(CPU_COUNT_S(size, set.data())));
    }
    if (errno != EINVAL) break;
  }
  return 1;
}

void share_out(size_t tasks, size_t threads, const std::function<void(size_t task)>& work) {
  Tasks all(tasks, work);
  std::vector<std::thread> others;
  const size_t wanted = std::min(tasks, threads);
  others.reserve(wanted);
  while (others.size() + 1 < wanted) {
    try {
      others.emplace_back(&Tasks::take, &all);
    } catch (const std::system_error&) {
      break;  // no more threads for this user: these will do
    }
  }
  all.take();
  for (std::thread& other : others) other.join();
  all.rethrow();
}

}  // namespace blip
