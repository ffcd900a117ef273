// Which files a follower has, after each change of names:
//
//   before    app.log.1  app.log              held open: both
//   now       app.log.2  app.log.1.gz  app.log
//   so        app.log.1 -> app.log.2 (the same file), app.log is removed: it is drained where it
//             stood, before app.log.1.gz is looked into, and then the new app.log
//
// The owner's listing may be old by the time it is used; where a file is missing from it, the
// folder is listed once more before anyone believes that it is gone.

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "tailer/folder.h"
#include "tailer/follower_state.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
constexpr int kMostLooks = 6;  // at a folder whose names move while it is looked at
using File = FollowedFile;
using Stream = FollowedStream;

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }
std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }
bool packed_name(std::string_view path) { return path.ends_with(".gz") || path.ends_with(".zst"); }
}  // namespace

File* Follower::State::newest() const {
  for (auto at = files.rbegin(); at != files.rend(); ++at) {
    if ((*at)->listed) return at->get();
  }
  return files.empty() ? nullptr : files.back().get();
}

bool Follower::State::newer_has_bytes(const File& file) const {
  for (auto at = files.rbegin(); at != files.rend() && at->get() != &file; ++at) {
    const File& newer = **at;
    const bool log = newer.is != File::Is::skipped && newer.is != File::Is::copy;
    const bool unknown = newer.is == File::Is::pipe || (newer.touched && !newer.text.plain());
    if (newer.listed && log && (newer.look.size > newer.begin || unknown)) return true;
  }
  return false;
}

// Its own look, between two of the owner's: at a truncation the copy must be found at once.
void Follower::State::look_into_folder() {
  listing_is_new = true;
  if (options.once) return;  // what was asked for, and nothing else
  std::vector<InputFile> now;
  for (const FolderEntry& entry : read_folder(folder.empty() ? "." : folder)) {
    if (split_rotated(entry.name).base != base) continue;
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) continue;
    now.push_back({path, 0, kNoTime, entry.type == DT_REG ? entry.ino : 0});
  }
  if (now.empty()) return;
  for (const InputFile& file : listing) {
    const bool here =
        folder_of(file.path) == folder && split_rotated(name_of(file.path)).base == base;
    if (!here) now.push_back(file);
  }
  std::sort(now.begin(), now.end(), [](const InputFile& a, const InputFile& b) {
    const std::string first = name_of(a.path), second = name_of(b.path);
    const int64_t age_a = split_rotated(first).age, age_b = split_rotated(second).age;
    return age_a != age_b ? age_a > age_b : a.path < b.path;
  });
  listing = std::move(now);
}

// Each file of the listing that is there, once. A name that means another file by now tells that
// the listing is old: the file it meant has another name, which is not looked at.
std::vector<std::pair<std::string, FileLook>> Follower::State::look_at_listing(bool& old) {
  std::vector<std::pair<std::string, FileLook>> there;
  old = false;
  std::set<std::pair<uint64_t, uint64_t>> met;
  for (const InputFile& input : listing) {
    const std::optional<FileLook> look = input.path == "-" ? FileLook{} : look_at(input.path);
    if (!look) {
      old |= errno == ENOENT;
      if (errno != ENOENT) trouble(input.path, std::strerror(errno));
      continue;
    }
    old |= input.ino != 0 && look->id.ino != input.ino;
    // Of a file with several names the newest counts: where one is the live name, it is live.
    if (look->id.known() && !met.insert({look->id.dev, look->id.ino}).second) {
      std::erase_if(there, [&look](const auto& one) {
        return one.second.id.dev == look->id.dev && one.second.id.ino == look->id.ino;
      });
    }
    there.emplace_back(input.path, *look);
  }
  return there;
}

// Names may have moved again since the owner listed them.
bool Follower::State::listing_is_stale(
    const std::vector<std::pair<std::string, FileLook>>& there) const {
  if (options.once) return false;
  const auto missing = [&](const FileIdentity& id) {
    return id.known() && std::none_of(there.begin(), there.end(), [&](const auto& one) {
             return same_file(id, one.second.id);
           });
  };
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& file) { return file->listed && missing(file->look.id); }) ||
         std::any_of(streams.begin(), streams.end(), [&](const auto& one) {
           const Stream& stream = one.second;
           return stream.file == nullptr && !stream.at.whole && missing(stream.at.stream.file);
         });
}

Status Follower::State::refresh() {
  bool old_listing = false;
  std::vector<std::pair<std::string, FileLook>> there = look_at_listing(old_listing);
  for (int i = 0; i < kMostLooks && !options.once; ++i) {
    if (i == 0 ? !old_listing && !listing_is_stale(there) : !old_listing) break;
    look_into_folder();
    there = look_at_listing(old_listing);
  }
  listing_is_new = false;
  orphans = true;
  std::vector<std::unique_ptr<File>> old = std::move(files);
  std::vector<File*> before;
  for (const auto& file : old) before.push_back(file.get());
  files.clear();
  std::vector<File*> fresh;
  for (const auto& one : there) {
    const std::string& path = one.first;
    const FileLook& look = one.second;
    const FileIdentity& id = look.id;
    const auto same = std::find_if(old.begin(), old.end(), [&](const std::unique_ptr<File>& file) {
      if (!file) return false;
      if (!id.known()) return file->path == path;
      if (!same_file(file->look.id, id)) return false;
      // While it is open its number is its own.
      const bool unmoved = file->fd || (file->path == path && file->look.size == look.size &&
                                        file->look.mtime_ns == look.mtime_ns);
      return unmoved || !another_generation(path, file->look.id).value_or(false);
    });
    if (same == old.end()) {
      files.push_back(std::make_unique<File>());
      files.back()->path = path;
      files.back()->look = look;
      files.back()->bytes = look.size;
      if (!look.regular) files.back()->is = File::Is::pipe;
      fresh.push_back(files.back().get());
      continue;
    }
    File& file = **same;
    file.listed = true;
    const bool written = file.bytes != look.size || file.look.mtime_ns != look.mtime_ns;
    const bool changed = written || file.path != path;
    const bool waits_for_change = file.is == File::Is::damaged || file.is == File::Is::copy;
    if (changed && waits_for_change) file.is = File::Is::unknown;
    if (file.path != path) {
      file.path = path;
      if (file.stream != nullptr) {
        file.stream->at.stream.path = path;
        const Status told = sink->moved(position(*file.stream));
        if (!told) return told;
      }
    }
    if (!file.fd) {
      file.touched = file.touched || written;
      file.bytes = look.size;
      if (file.text.plain()) file.look.size = look.size;  // else it is seen when it is open
      file.look.mtime_ns = look.mtime_ns;
    }
    files.push_back(std::move(*same));
  }
  for (auto& file : old) {
    if (!file) continue;
    file->listed = false;
    if (file->fd || file->reader) continue;
    if (file->stream != nullptr) file->stream->unseen = true;
    drop(std::move(file));
  }
  // What was removed keeps its place among those that were there before, and comes after what is
  // new and was written to its end earlier.
  const File* const live = files.empty() ? nullptr : files.back().get();
  for (size_t i = 0; i < old.size(); ++i) {
    if (!old[i]) continue;
    auto place = files.begin();
    const std::optional<FileLook> look = old[i]->fd ? look_at(old[i]->fd.get()) : std::nullopt;
    const int64_t written = look ? look->mtime_ns : old[i]->look.mtime_ns;
    for (auto at = files.begin(); at != files.end() && at->get() != live; ++at) {
      const bool is_new = std::find(fresh.begin(), fresh.end(), at->get()) != fresh.end();
      if (is_new && (*at)->look.mtime_ns < written) place = at + 1;
    }
    for (size_t j = 0; j < i; ++j) {
      const auto at =
          std::find_if(files.begin(), files.end(),
                       [&](const std::unique_ptr<File>& file) { return file.get() == before[j]; });
      if (at != files.end()) place = std::max(place, at + 1);
    }
    files.insert(place, std::move(old[i]));
  }
  for (File* const file : fresh) {
    const Status told = match_known(*file);
    if (!told) return told;
  }
  return Done{};
}

void Follower::State::drop(std::unique_ptr<File> file) {
  if (Stream* const stream = file->stream) {
    if (file->is == File::Is::plain) stream->reached = std::max(stream->reached, file->look.size);
    taken_before +=
        file->is == File::Is::packed ? file->bytes : file->text.bytes_before(stream->at.offset);
    forget_tail(*stream);
    stream->file = nullptr;
  } else if (file->is == File::Is::unknown && file->look.size > file->begin) {
    never_met += file->look.size - file->begin;
  }
  for (const auto& other : files) {
    if (other && other->is == File::Is::copy) other->is = File::Is::unknown;
  }
  orphans = true;
}

// By identity alone; what is to be read of it is verified first, in ready().
Status Follower::State::match_known(File& file) {
  if (!file.look.id.known()) return Done{};
  Stream* best = nullptr;
  for (auto& [key, stream] : streams) {
    if (stream.file != nullptr || !same_file(stream.at.stream.file, file.look.id)) continue;
    const bool better = best == nullptr || (best->at.whole && !stream.at.whole);
    if (better) best = &stream;
  }
  // Where that may not be asked, content tells, once it may be read.
  if (best == nullptr || another_generation(file.path, best->at.stream.file).value_or(true)) {
    return Done{};
  }
  // Without birth time and generation a packed file is known by its content only.
  const bool sure = file.look.id.born_ns != 0 || best->at.stream.file.generation != 0;
  if (!sure && packed_name(file.path)) return Done{};
  if (best->at.whole && packed_name(file.path)) {
    file.is = File::Is::packed;
    file.done = true;
  }
  file.stream = best;
  best->file = &file;
  if (best->at.stream.path != file.path) {
    best->at.stream.path = file.path;
    return sink->moved(position(*best));
  }
  return Done{};
}

}  // namespace blip
