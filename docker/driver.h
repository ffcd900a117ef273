// The driver's three threads: HTTP (plugin_http.h), the drain, the writer.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/result.h"
#include "docker/drain.h"
#include "docker/spool.h"

namespace blip::docker {

struct DriverOptions {
  std::string run = "/run/blip/docker";        // raw frames and notes: memory, not a disk
  std::string spool = "/var/lib/blip/docker";  // lines; blip follows these
  uint64_t spool_total = uint64_t{1} << 30;    // bytes of all spools: the oldest go first
  DrainLimits drain;
  SpoolLimits files;
  std::function<void(const std::string&)> log;  // one line; any thread
};

class Driver {
 public:
  explicit Driver(DriverOptions options);
  ~Driver();  // stops at once; what is not written yet is written by the next process

  // Goes on with every stream that an earlier process had begun, then runs.
  Status begin();

  // dockerd's calls. When start() returns, the stream survives a kill of this process.
  Status start(std::string fifo, std::string container, std::string service);
  void stop(const std::string& fifo);

  // For those who read a container's lines back. Is a run of it that ends still on its way into the
  // spool? Does one of it run, or is something of it not yet there?
  bool settling(const std::string& container);
  bool living(const std::string& container);
  const DriverOptions& options() const { return options_; }

 private:
  void attach(const std::shared_ptr<Stream>& stream);
  void write();
  bool write_some();
  void keep_within_total();
  void say(const std::string& text) const {
    if (options_.log) options_.log(text);
  }

  const DriverOptions options_;
  Drain drain_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool awake_ = true, stop_ = false;
  uint64_t number_ = 0;
  std::map<std::string, std::weak_ptr<Stream>> known_;  // by FIFO
  std::vector<std::shared_ptr<Stream>> fresh_;          // for the writer
  // The writer's.
  std::map<std::string, std::unique_ptr<Spool>> spools_;  // by container
  std::string told_;                                      // the trouble that was logged last
  std::thread draining_, writing_;
};

}  // namespace blip::docker
