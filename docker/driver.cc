// StartLogging -> kept on disk -> drained into a raw file -> written as lines.

#include "docker/driver.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace blip::docker {
namespace {
using std::chrono::milliseconds;
constexpr auto kRetry = milliseconds(250);             // after the disk did not take something
constexpr auto kLookEvery = std::chrono::seconds(60);  // at the size of all spools

uint64_t wall_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Error{"make folder " + path + ": " + error.message()};
  return Done{};
}
}  // namespace

Driver::Driver(DriverOptions options)
    : options_(std::move(options)), drain_(options_.drain, [this] {
        const std::lock_guard<std::mutex> lock(mutex_);
        awake_ = true;
        wake_.notify_one();
      }) {}

Driver::~Driver() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    wake_.notify_one();
  }
  drain_.stop();
  if (draining_.joinable()) draining_.join();
  if (writing_.joinable()) writing_.join();
}

Status Driver::begin() {
  for (const std::string& folder : {options_.run, options_.spool}) {
    const Status made = make_folder(folder);
    if (!made) return made;
  }
  const std::vector<Started> starts = kept_starts(options_.run);
  remove_orphans(options_.run, starts);
  for (const Started& start : starts) {
    number_ = std::max(number_, start.number);
    Result<std::shared_ptr<Stream>> stream = Stream::open(options_.run, start);
    if (!stream) return stream.error();
    attach(*stream);
  }
  if (!starts.empty()) say("goes on with " + std::to_string(starts.size()) + " streams");
  draining_ = std::thread([this] { drain_.run(); });
  writing_ = std::thread([this] { write(); });
  return Done{};
}

Status Driver::start(std::string fifo, std::string container, std::string service) {
  Started start{std::move(fifo), std::move(container), std::move(service), 0};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = known_.find(start.fifo);
    if (known != known_.end() && !known->second.expired()) return Done{};  // asked again
    start.number = number_ = std::max(number_ + 1, wall_ns());
  }
  Result<std::shared_ptr<Stream>> stream = Stream::open(options_.run, start);
  if (!stream) return stream.error();
  if (!(*stream)->fifo) {
    forget_start(options_.run, start);
    return Error{"open " + start.fifo + ": no FIFO there"};
  }
  const Status kept = keep_start(options_.run, start);
  // A container that runs and is read until this process ends is better than none.
  if (!kept)
    say(kept.error().text + "; a kill of this process would lose sight of " + start.service);
  attach(*stream);
  return Done{};
}

void Driver::stop(const std::string& fifo) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = known_.find(fifo);
  if (known == known_.end()) return;
  // dockerd closes its end now, and the end is read there.
  if (const std::shared_ptr<Stream> stream = known->second.lock()) stream->stopped = true;
}

bool Driver::settling(const std::string& container) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(known_.begin(), known_.end(), [&](const auto& one) {
    const std::shared_ptr<Stream> stream = one.second.lock();
    if (!stream || stream->start.container != container) return false;
    return (stream->stopped && !stream->ended) || stream->consumed < stream->size;
  });
}

bool Driver::living(const std::string& container) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(known_.begin(), known_.end(), [&](const auto& one) {
    const std::shared_ptr<Stream> stream = one.second.lock();
    if (!stream || stream->start.container != container) return false;
    return !stream->ended || stream->consumed < stream->size;
  });
}

void Driver::attach(const std::shared_ptr<Stream>& stream) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
    known_[stream->start.fifo] = stream;
    fresh_.push_back(stream);
    awake_ = true;
    wake_.notify_one();
  }
  drain_.add(stream);
}

void Driver::write() {
  auto looked = std::chrono::steady_clock::now() - kLookEvery;
  bool blocked = false;
  for (;;) {
    std::vector<std::shared_ptr<Stream>> fresh;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (blocked) {
        wake_.wait_for(lock, kRetry, [this] { return stop_; });
      } else {
        wake_.wait_for(lock, kLookEvery, [this] { return stop_ || awake_; });
      }
      if (stop_) return;
      awake_ = false;
      fresh.swap(fresh_);
    }
    for (std::shared_ptr<Stream>& stream : fresh) {
      std::unique_ptr<Spool>& spool = spools_[stream->start.container];
      if (!spool) {
        spool = std::make_unique<Spool>(options_.run, options_.spool, stream->start.container,
                                        options_.files);
      }
      spool->add(std::move(stream));
    }
    blocked = !write_some();
    if (std::chrono::steady_clock::now() - looked >= kLookEvery || blocked) {
      looked = std::chrono::steady_clock::now();
      keep_within_total();
    }
  }
}

// Everything there is, in turns. False: the disk does not take it.
bool Driver::write_some() {
  bool more = true, blocked = false;
  std::string trouble;
  while (more) {
    more = blocked = false;
    for (auto& [container, spool] : spools_) {
      const Spool::Progress progress =
          spool->advance([this](uint64_t bytes) { drain_.freed(bytes); });
      more |= progress == Spool::Progress::some;
      blocked |= progress == Spool::Progress::blocked;
      if (progress == Spool::Progress::blocked) trouble = spool->trouble();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stop_ || !fresh_.empty()) break;
  }
  std::erase_if(spools_, [](const auto& one) { return one.second->idle(); });
  if (trouble != told_) say(trouble.empty() ? "the spool is written again" : trouble);
  told_ = trouble;
  return !blocked;
}

// Spools outlive their containers, so that last words can be read; not for ever.
void Driver::keep_within_total() {
  struct File {
    int64_t time;
    uint64_t size;
    std::string path;
  };
  std::vector<File> files;
  uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.spool, error)) {
    struct stat info {};
    if (::stat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const std::string name = entry.path().filename().string();
    const size_t dot = name.find(".log");
    if (dot == std::string::npos) continue;
    sum += static_cast<uint64_t>(info.st_size);
    const bool live = name.size() == dot + 4 && spools_.count(name.substr(0, dot)) > 0;
    if (live) continue;
    files.push_back({info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec,
                     static_cast<uint64_t>(info.st_size), entry.path().string()});
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.time < b.time; });
  for (const File& file : files) {
    if (sum <= options_.spool_total) return;
    if (::unlink(file.path.c_str()) != 0) continue;
    sum -= file.size;
    say("removed " + file.path + ": all spools together are over their limit");
  }
}

}  // namespace blip::docker
