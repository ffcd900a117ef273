// A feeder and the spool it fills; after a failure it begins anew a while later.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/feeder.h"
#include "core/checkpoint.h"

namespace blip {

class FedSpool {
 public:
  using Clock = std::chrono::steady_clock;

  // `path`: of the spool, which is opened by the first feed().
  FedSpool(std::shared_ptr<Feeder> feeder, std::string path)
      : feeder_(std::move(feeder)), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // Moves a slice of what is there. Gives what a person should know, each failure once.
  std::vector<std::string> feed(Clock::time_point now, Time wall);
  // When feed() should be called though fd() told nothing; max(): never.
  Clock::time_point due(Clock::time_point now) const;
  int fd() const { return takes() ? feeder_->fd() : -1; }  // to poll(2) for reading; -1: not now
  // `read`: how far its files were read, for what was rotated away to go.
  Status tidy(const std::vector<Checkpoint>& read);
  void end(Time wall);  // see Feeder::end()

 private:
  bool takes() const { return begun_ && !spool_->full(); }
  Status try_to_feed(Time wall);

  std::shared_ptr<Feeder> feeder_;
  std::string path_;
  std::optional<Spool> spool_;
  bool begun_ = false;
  bool more_ = false;             // there is something at once
  Clock::time_point retry_at_{};  // after it failed
  std::string failure_;           // told
};

}  // namespace blip
