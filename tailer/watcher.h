// Says which files may have changed: by inotify on folders where that works, else by looking at
// them again and again. It may say too much (a spurious change costs a look), never too little for
// longer than the reconcile interval.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

namespace blip {

struct WatchOptions {
  bool polling = false;  // never use inotify
  std::chrono::milliseconds poll_every{200};
  std::chrono::milliseconds reconcile_every{2000};  // a slow look at everything, inotify or not
};

struct Change {
  std::string folder, name;  // name empty: anything in the folder
  bool content = false;      // it grew, shrank, or may be opened now
  bool names = false;        // a name came, went or moved: list the folder again
};

class Watcher {
 public:
  explicit Watcher(WatchOptions options);
  ~Watcher();
  Watcher(Watcher&&) noexcept;

  // Folders may be watched before they exist: their nearest existing ancestor is, until they do.
  void watch(const std::string& folder);
  void forget(const std::string& folder);

  // To poll(2) for reading; -1 when there is only polling.
  int fd() const;
  // When take() wants to be called at the latest, on the monotonic clock.
  std::chrono::steady_clock::time_point due() const;
  // What may have changed since the last call, each once.
  std::vector<Change> take();
  // Troubles since the last call, each told once: the watch limit, an overflow, a network file
  // system. Each says what blip does instead and what a person can do.
  std::vector<std::string> troubles();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blip
