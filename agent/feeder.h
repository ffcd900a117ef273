// What brings lines that stand in no file: it moves them into a spool, which is followed like a
// log. One file for each kind: feed_pipe.cc, feed_journal.cc, feed_docker.cc, feed_probe.cc. Who
// keeps a feeder and its spool going is fed_spool.h.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/spool.h"
#include "core/time.h"

namespace blip {

class Feeder {
 public:
  virtual ~Feeder() = default;
  // Of its spool, below the folder of spools: "journal.log". The same for the same source, always;
  // where lines don't name a service, it does.
  virtual std::string spool_name() const = 0;
  // To be called first, when the spool was opened, and after feed() failed. `now`: the wall clock.
  virtual Status begin(Spool& spool, Time now) = 0;
  // To poll(2) for reading; -1: only due() tells.
  virtual int fd() const { return -1; }
  virtual std::chrono::steady_clock::time_point due() const = 0;
  // Moves what is there, a slice of it. True: there is more at once.
  virtual Result<bool> feed(Spool& spool, Time now) = 0;
  // The agent was asked to end, and not to begin anew.
  virtual void end(Spool&, Time /*now*/) {}
  // What a person should know, since the last call.
  virtual std::vector<std::string> troubles() { return {}; }
};

// A FIFO at `path`, or standard input where `path` is "-". The FIFO is opened at once, so that its
// writers meet a reader even while the configuration is read again.
std::shared_ptr<Feeder> pipe_feeder(std::string path);
// The systemd journal, the host's where `folder` is empty: entries of these units (globs; empty:
// all), the latest `backfill` of it where it is met first.
std::shared_ptr<Feeder> journal_feeder(std::string folder, std::vector<std::string> units,
                                       std::chrono::seconds backfill);
// What dockerd at this socket tells of its containers, or of those with all these labels
// ("name=value" or "name").
std::shared_ptr<Feeder> docker_feeder(std::string socket, std::vector<std::string> labels,
                                      std::chrono::seconds backfill);
// The host itself: memory, processes, containers.
std::shared_ptr<Feeder> probe_feeder(std::chrono::seconds every);

}  // namespace blip
