#include "agent/fed_spool.h"

#include "agent/followed.h"

namespace blip {
namespace {
constexpr auto kRetry = std::chrono::seconds(5);  // after a feeder failed
}

std::vector<std::string> FedSpool::feed(Clock::time_point now, Time wall) {
  if (!begun_ && now < retry_at_) return {};
  const Status fed = try_to_feed(wall);
  std::vector<std::string> troubles = feeder_->troubles();
  if (fed) return troubles;
  begun_ = more_ = false;
  retry_at_ = now + kRetry;
  if (failure_ != fed.error().text) troubles.push_back(fed.error().text);
  failure_ = fed.error().text;
  return troubles;
}

Status FedSpool::try_to_feed(Time wall) {
  if (!spool_) {
    Result<Spool> spool = Spool::open(path_);
    if (!spool) return spool.error();
    spool_ = std::move(*spool);
  }
  if (!begun_) {
    if (Status begun = feeder_->begin(*spool_, wall); !begun) return begun;
    begun_ = true;
    failure_.clear();
  }
  more_ = false;
  if (!takes()) return Done{};
  const Result<bool> more = feeder_->feed(*spool_, wall);
  if (!more) return more.error();
  more_ = *more;
  return Done{};
}

FedSpool::Clock::time_point FedSpool::due(Clock::time_point now) const {
  if (!begun_) return retry_at_;
  if (more_) return now;
  return takes() ? feeder_->due() : Clock::time_point::max();
}

Status FedSpool::tidy(const std::vector<Checkpoint>& read) {
  if (!spool_) return Done{};
  return spool_->tidy(read_to_end(spool_->rotated(), read));
}

void FedSpool::end(Time wall) {
  if (begun_) feeder_->end(*spool_, wall);
}

}  // namespace blip
