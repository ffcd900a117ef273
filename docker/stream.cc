// /run/blip/docker/<key>.start   {"fifo":"/run/docker/logging/24785a...","container":"cf8a...",...}
//                  <key>.raw     the frames as they came, holes where they have become lines
//                  <key>.done    how far that is: 8 bytes, written at once
//
// /run, because it lives and dies with dockerd's FIFOs: in memory, never waiting for a disk.

#include "docker/stream.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/hash.h"

namespace blip::docker {
namespace {
using Json = nlohmann::json;
constexpr int kPipeSize = 1 << 20;  // bytes that fit while this process is away
constexpr std::string_view kStart = ".start";

Error failed(const std::string& what, const std::string& path) {
  return {what + " " + path + ": " + std::strerror(errno)};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  if (DIR* open = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(open)) names.emplace_back(entry->d_name);
    ::closedir(open);
  }
  return names;
}

std::string path_of(const std::string& folder, const Started& start, std::string_view suffix) {
  return folder + "/" + start.key() + std::string(suffix);
}
}  // namespace

std::string Started::key() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_of(fifo)));
  return text;
}

Status keep_start(const std::string& folder, const Started& start) {
  const Json json = {{"fifo", start.fifo},
                     {"container", start.container},
                     {"service", start.service},
                     {"number", start.number}};
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string path = path_of(folder, start, kStart), fresh = path + ".new";
  Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return failed("open", fresh);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0) {
    return failed("write", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("rename", fresh);
  const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return failed("sync", folder);
  return Done{};
}

std::vector<Started> kept_starts(const std::string& folder) {
  std::vector<Started> starts;
  for (const std::string& name : names_in(folder)) {
    if (!std::string_view(name).ends_with(kStart)) continue;
    std::ifstream in(folder + "/" + name);
    const Json json = Json::parse(in, nullptr, false);
    if (!json.is_object()) continue;
    Started start;
    start.fifo = json.value("fifo", "");
    start.container = json.value("container", "");
    start.service = json.value("service", "");
    start.number = json.value("number", uint64_t{0});
    if (!start.fifo.empty() && !start.container.empty()) starts.push_back(std::move(start));
  }
  std::sort(starts.begin(), starts.end(),
            [](const Started& a, const Started& b) { return a.number < b.number; });
  return starts;
}

void forget_start(const std::string& folder, const Started& start) {
  // The start goes first: without it the rest is nobody's.
  for (const std::string_view suffix :
       {kStart, std::string_view(".raw"), std::string_view(".done")})
    ::unlink(path_of(folder, start, suffix).c_str());
}

void remove_orphans(const std::string& folder, const std::vector<Started>& starts) {
  std::set<std::string> keys;
  for (const Started& start : starts) keys.insert(start.key());
  for (const std::string& name : names_in(folder)) {
    const size_t dot = name.find('.');
    if (dot != 16 || keys.count(name.substr(0, dot)) > 0) continue;
    ::unlink((folder + "/" + name).c_str());
  }
}

Result<std::shared_ptr<Stream>> Stream::open(const std::string& folder, const Started& start) {
  auto stream = std::make_shared<Stream>();
  stream->start = start;
  const std::string raw = path_of(folder, start, ".raw"), done = path_of(folder, start, ".done");
  stream->raw = Fd(::open(raw.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!stream->raw) return failed("open", raw);
  stream->done = Fd(::open(done.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!stream->done) return failed("open", done);
  struct stat info {};
  if (::fstat(stream->raw.get(), &info) != 0) return failed("stat", raw);
  stream->size = static_cast<uint64_t>(info.st_size);
  uint64_t consumed = 0;
  if (::pread(stream->done.get(), &consumed, sizeof consumed, 0) == sizeof consumed) {
    stream->consumed = stream->punched = std::min<uint64_t>(consumed, stream->size);
  }
  // Plain O_RDONLY would wait for a writer, for good if dockerd is gone.
  stream->fifo = Fd(::open(start.fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat kind {};
  if (stream->fifo && (::fstat(stream->fifo.get(), &kind) != 0 || !S_ISFIFO(kind.st_mode))) {
    stream->fifo = Fd();
  }
  if (stream->fifo) {
    ::fcntl(stream->fifo.get(), F_SETPIPE_SZ, kPipeSize);  // as far as it is let
    const int size = ::fcntl(stream->fifo.get(), F_GETPIPE_SZ);
    if (size > 0) stream->fifo_size = static_cast<size_t>(size);
  }
  return stream;
}

void Stream::consume(uint64_t to) {
  // One small write: it is there in whole or not at all, whenever this process is killed.
  if (::pwrite(done.get(), &to, sizeof to, 0) != sizeof to) return;  // told again after a kill
  consumed.store(to, std::memory_order_release);
  constexpr uint64_t kPunch = 256 * 1024, kPage = 4096;
  const uint64_t until = to / kPage * kPage;
  if (until < punched + kPunch) return;
  ::fallocate(raw.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(punched),
              static_cast<off_t>(until - punched));
  punched = until;
}

}  // namespace blip::docker
