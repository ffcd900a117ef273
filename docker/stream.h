// One run of one container: the FIFO that dockerd writes its log to, and the file of raw frames
// that takes its bytes.
//
// The kernel moves bytes from the one into the other (splice): no byte is ever only in this
// process' memory, so it may be killed at any instant and the next process goes on where the file
// ends. The file is as long as everything that ever came; what has become lines is punched out.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/result.h"

namespace blip::docker {

// What is kept of StartLogging: never the container's environment.
struct Started {
  std::string fifo;       // as dockerd names it
  std::string container;  // its id
  std::string service;    // whose lines these are
  uint64_t number = 0;    // grows from start to start, over restarts of this process too

  std::string key() const;  // of its files
};

// Writes it into `folder` for good (fsync) before it returns.
Status keep_start(const std::string& folder, const Started& start);
// By number.
std::vector<Started> kept_starts(const std::string& folder);
// Takes it and its files away.
void forget_start(const std::string& folder, const Started& start);
// Removes what no kept start owns.
void remove_orphans(const std::string& folder, const std::vector<Started>& starts);

// Shared by the thread that drains and the thread that writes; each field says whose it is.
struct Stream {
  Started start;
  Fd raw, done;                       // opened before either thread sees it
  std::atomic<uint64_t> size{0};      // bytes in `raw`; grows in the drain only
  std::atomic<uint64_t> consumed{0};  // of those, become lines; grows in the writer only
  std::atomic<bool> ended{false};     // nothing more will come; set by the drain, after `size`
  std::atomic<bool> stopped{false};   // dockerd said StopLogging

  // The drain's.
  Fd fifo;
  size_t fifo_size = 64 * 1024;  // bytes that fit into it
  bool dropping = false;
  bool aligned = true;  // while dropping: are we between two frames?
  char head[4] = {};    // of the frame that is being dropped
  size_t head_size = 0;
  uint64_t remaining = 0;  // bytes of it to come
  uint64_t lost_frames = 0, lost_bytes = 0;
  int64_t lost_since_ns = 0;
  int64_t stopped_at_ms = 0;
  int64_t full_since_ms = 0;

  // The writer's.
  uint64_t punched = 0;

  // Opens the raw file and the FIFO as they are now. The FIFO may be gone already: then `fifo` is
  // not open, and what the raw file holds is all there is.
  static Result<std::shared_ptr<Stream>> open(const std::string& folder, const Started& start);
  // Keeps how far lines have been written.
  void consume(uint64_t to);
};

}  // namespace blip::docker
