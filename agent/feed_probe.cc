// probe: {every: 10s}
//
// What the host and its units hold, as lines of a log (docs/host_probe.md).

#include "agent/feeder.h"
#include "tailer/host_probe.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;

class ProbeFeeder : public Feeder {
 public:
  explicit ProbeFeeder(std::chrono::seconds every) : every_(every), probe_(ProbeOptions{}) {}

  std::string spool_name() const override { return "host.log"; }
  Status begin(Spool& spool, Time) override { return spool.cut_torn_line(); }
  Clock::time_point due() const override { return due_; }

  Result<bool> feed(Spool& spool, Time now) override {
    if (Clock::now() < due_) return false;
    due_ = Clock::now() + every_;
    if (Status kept = spool.append(probe_.sample(now)); !kept) return kept.error();
    return false;
  }

  void end(Spool& spool, Time now) override { (void)spool.append(probe_.farewell(now)); }

 private:
  std::chrono::seconds every_;
  HostProbe probe_;
  Clock::time_point due_{};
};
}  // namespace

std::shared_ptr<Feeder> probe_feeder(std::chrono::seconds every) {
  return std::make_shared<ProbeFeeder>(every);
}

}  // namespace blip
