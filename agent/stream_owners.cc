// /logs/web-1/app.err and /logs/web-2/app.err begin with the same panic: same base name, same first
// line. The second one that is met counts on, because the first is still there. So which of them is
// the first must not depend on whose thread is faster:
//
//   web-1/app.err  "panic: assignment to entry in nil map"  \ one row
//   web-2/app.err  "panic: assignment to entry in nil map"  /
//   web-1/app.log  "2014-06-24 08:00:00 orders starting"    a row by itself
//   web-2/app.log  "2014-06-24 08:00:01 orders starting"    a row by itself

#include "agent/stream_owners.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>

#include "tailer/byte_source.h"

namespace blip {
namespace {
namespace fs = std::filesystem;

// The first line as a key is made of it (tailer/follower_recognise.cc), which skips NULs. "": it
// has none. Nothing: that can't be told before it is read.
std::optional<std::string> first_line(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  const Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) return "";  // nobody can read it
  std::string head(kFirstLine + 2, '\0');
  size_t size = 0;
  while (size < head.size()) {
    const Result<size_t> got = (*bytes)->read(head.data() + size, head.size() - size);
    if (!got || *got == 0) break;
    size += *got;
  }
  head.resize(size);
  if (head.starts_with('\0')) return std::nullopt;
  head.resize(std::min(head.find('\n'), head.size()));
  if (head.size() <= kFirstLine + 1 && head.ends_with('\r')) head.pop_back();
  head.resize(std::min(head.size(), kFirstLine));
  return head;
}

// Sets of indices that are joined one by one; each is known by its least.
class Joined {
 public:
  explicit Joined(size_t count) : less_(count) { std::iota(less_.begin(), less_.end(), size_t{0}); }
  size_t least(size_t i) {
    for (; less_[i] != i; i = less_[i]) less_[i] = less_[less_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = least(a);
    b = least(b);
    less_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> less_;  // another of its set, itself for the least
};
}  // namespace

StreamOwners::StreamOwners(const std::vector<Checkpoint>& stored) {
  for (const Checkpoint& one : stored) own(one.stream);
}

bool StreamOwners::taken_from(const std::string& source, uint64_t key) const {
  const auto found = owners_.find(key);
  if (found == owners_.end() || found->second.source == source) return false;
  std::error_code error;
  return found->second.path.empty() || fs::exists(found->second.path, error);
}

bool StreamOwners::taken(uint64_t key, const std::string& source) const {
  const std::lock_guard lock(mutex_);
  return taken_from(source, key);
}

bool StreamOwners::claim(uint64_t key, const std::string& source) {
  const std::lock_guard lock(mutex_);
  if (taken_from(source, key)) return false;
  const auto [owner, fresh] = owners_.try_emplace(key);
  if (fresh || owner->second.source != source) owner->second = {source, ""};
  return true;
}

void StreamOwners::own(const StreamInfo& stream) {
  const std::lock_guard lock(mutex_);
  owners_[stream.key] = {stream.source, stream.path};
}

std::vector<std::vector<size_t>> rows_of(const std::vector<Source>& sources) {
  std::map<std::string, std::vector<size_t>> by_base;
  for (size_t i = 0; i < sources.size(); ++i) by_base[sources[i].base].push_back(i);
  Joined joined(sources.size());
  for (const auto& [base, alike] : by_base) {
    if (alike.size() < 2) continue;
    std::map<std::string, size_t> first_with;
    for (const size_t i : alike) {
      for (const InputFile& file : sources[i].files) {
        const std::optional<std::string> line = first_line(file.path);
        if (!line) {
          for (const size_t other : alike) joined.join(i, other);  // it may be any of theirs
        } else if (!line->empty()) {
          joined.join(i, first_with.try_emplace(*line, i).first->second);
        }
      }
    }
  }
  std::vector<std::vector<size_t>> rows;
  std::vector<size_t> row_of(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    const size_t least = joined.least(i);
    if (least == i) {
      row_of[i] = rows.size();
      rows.emplace_back();
    }
    rows[row_of[least]].push_back(i);
  }
  return rows;
}

}  // namespace blip
