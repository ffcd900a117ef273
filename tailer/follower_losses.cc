// What happened to a file since it was last looked at, and what is gone by it:
//
//   100 bytes taken, now 20 there      truncated: the copy is looked for, then the loss is told,
//                                      and the file begins anew as another stream
//   ..., and the 20 are the old ones   rewritten: what comes is another stream that begins at 20
//   the name is gone, nothing like it  deleted
//
// A loss is told in any case after a truncation: what its writer wrote between copying and cutting,
// nobody can know.

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/hash.h"
#include "tailer/follower_state.h"

namespace blip {
namespace {
using File = FollowedFile;
using Stream = FollowedStream;
}  // namespace

void Follower::State::look(File& file) {
  if (!file.fd) return;
  const std::optional<FileLook> now = look_at(file.fd.get());
  if (!now) {
    trouble(file.path, "look at " + file.path + ": " + std::strerror(errno));
    file.fd = {};
    file.verified = false;
    return;
  }
  const FileLook before = file.look;
  const bool less = now->size < file.bytes;
  const bool written = now->size != file.bytes || now->mtime_ns != before.mtime_ns;
  measure(file, now->size);
  const uint64_t size = file.look.size;
  file.look.mtime_ns = now->mtime_ns;
  Stream* const stream = file.stream;
  if (stream == nullptr) {
    if (less) {
      file.gone += before.size - std::min(before.size, file.begin);
      file.begin = file.seen = 0;
      look_into_folder();  // for the copy
    }
    return;
  }
  if (options.once || !file.verified) return;
  const bool shrunk = size < stream->at.offset + file.seen;
  if (shrunk || written) {
    const Same same = verify(file);
    if (same == Same::failed) return;
    if (same == Same::no) return truncated(file);
  }
  if (shrunk) {
    file.seen = 0;
    if (size < stream->at.offset) {
      file.look.size = stream->at.offset;  // the size is a stale cache's: the bytes are there
    } else if (stream->reached > size) {
      stream->gone += stream->reached - size;  // an unterminated line was cut away
      stream->reached = size;
    }
  }
  stream->reached = std::max(stream->reached, file.look.size);
}

// Newest first, so that what the older ones are seen to hold was there before the newer's bytes.
void Follower::State::look_at_all() {
  File* const live = newest();
  for (size_t i = files.size(); i-- > 0 && !listing_is_new;) {
    File& file = *files[i];
    if (file.is == File::Is::pipe || file.is == File::Is::skipped || file.is == File::Is::copy ||
        file.is == File::Is::damaged) {
      continue;
    }
    const bool known = file.stream != nullptr;
    if (file.fd) {
      look(file);
      if (listing_is_new || file.stream == nullptr || file.verified) continue;
    }
    if (file.is == File::Is::packed || (!known && &file != live)) continue;
    const bool read = known && file.look.size == file.stream->at.offset && !file.touched;
    if (read && file.stream->at.whole && &file != live) continue;
    if (!known) {
      open(file);
    } else if (!options.once || !file.stream->met) {
      if (!read || &file == live || !file.stream->met) ready(file);
    }
  }
}

// The stream's bytes are not in its file any more. The file is a new one, in effect.
void Follower::State::truncated(File& file) {
  Stream& stream = *file.stream;
  look_at_form_anew(file, UINT64_MAX);
  const uint64_t size = file.look.size;
  const bool told = stream.at.whole && !stream.open;  // it had been read to its end
  Lost lost{.why = Lost::Why::truncated,
            .at_least = std::max(stream.reached, stream.at.offset) - stream.at.offset,
            .at_most = std::nullopt};
  const std::vector<TakenBytes::Mark>& marks = stream.taken.marks();
  bool kept = false;
  if (size < stream.at.offset) {
    for (const TakenBytes::Mark& mark : marks) {
      if (mark.end > size) break;
      char bytes[kMarkerBytes];
      const Result<size_t> got =
          file.text.read(file.fd.get(), mark.end - mark.marker.size, bytes, mark.marker.size);
      kept = got && marker_of({bytes, *got}) == mark.marker;
      if (!kept) break;
    }
  }
  detach(file);
  file.is = File::Is::unknown;
  if (kept) {
    lost.why = Lost::Why::rewritten;
    char bytes[kFirstLine + 2];
    const Result<size_t> got = file.text.read(file.fd.get(), stream.at.begin, bytes, sizeof bytes);
    std::string_view head(bytes, got ? *got : 0);
    head = head.substr(0, std::min(head.find('\n'), head.size() - 1) + 1);
    if (!head.empty() && hash_of(key_line(head)) == stream.at.stream.first_line) {
      Stream& rest = new_stream(key_line(head), size);
      file.is = File::Is::plain;
      file.verified = true;
      // Its marker lies before its beginning: it must be known again before it has a line.
      char before[kMarkerBytes];
      const size_t marker = static_cast<size_t>(std::min<uint64_t>(size, sizeof before));
      const Result<size_t> tail = file.text.read(file.fd.get(), size - marker, before, marker);
      (void)attach(file, rest);
      if (tail) rest.taken.set({before, *tail}, size);
    }
  }
  if (!told) stream.cut = lost, stream.was_in = &file, cuts = true;
  for (const auto& other : files) {
    if (other->is == File::Is::copy) other->is = File::Is::unknown;
  }
  look_into_folder();
}

// Losses are told when it is known whether a copy holds the rest.
Status Follower::State::tell_cuts() {
  if (!std::exchange(cuts, false)) return Done{};
  for (auto& [key, stream] : streams) {
    if (!stream.cut) continue;
    Lost lost = *stream.cut;
    stream.cut.reset();
    for (size_t i = 0; i < files.size() && stream.file == nullptr; ++i) {
      File& file = *files[i];
      const bool open_question = file.is == File::Is::unknown || file.is == File::Is::packed;
      if (&file == stream.was_in || lost.why != Lost::Why::truncated || file.stream != nullptr ||
          !open_question)
        continue;
      const Result<Found> found = recognise(file, false, &stream);
      if (!found) return found.error();
    }
    File* const copy = stream.file;
    if (copy != nullptr) {
      const bool packed = copy->is == File::Is::packed;
      const uint64_t end = stream.at.offset + lost.at_least;
      lost.at_least = packed || reaches(*copy, end) ? 0 : end - copy->look.size;
    }
    Status told = turn_to(stream, copy != nullptr ? mtime_of(*copy) : kNoTime);
    if (told) told = sink->lost(lost);
    if (told && copy == nullptr) told = let_go(stream, false, true);
    if (!told) return told;
  }
  // What goes on in the middle of a file is told before it has a line: after a restart nothing else
  // would say where the old lines end.
  for (const auto& file : files) {
    Stream* const rest = file->stream;
    if (rest == nullptr || rest->at.begin == 0 || rest->at.offset != rest->at.begin) continue;
    const Status told = turn_to(*rest, mtime_of(*file));
    if (!told) return told;
  }
  return Done{};
}

// Streams whose file is nowhere to be found.
Status Follower::State::tell_orphans() {
  if (!orphans || files.empty() || listing_is_new) return Done{};
  for (const auto& file : files) {
    const bool may_be_it = (file->is == File::Is::damaged && !file->hurried) ||
                           (file->listed && file->stream == nullptr && noted.contains(file->path));
    if (may_be_it) return Done{};
  }
  orphans = false;
  for (auto& [key, stream] : streams) {
    if (stream.file != nullptr || stream.at.whole) continue;
    const StreamInfo& info = stream.at.stream;
    const std::optional<FileLook> there =
        info.path.empty() || info.path == "-" ? std::nullopt : look_at(info.path);
    if (there && same_file(there->id, info.file)) continue;  // not asked for, but there
    if (info.path == "-") continue;
    Lost lost{.why = Lost::Why::deleted, .at_least = 0, .at_most = std::nullopt};
    if (stream.reached > stream.at.offset) lost.at_least = stream.reached - stream.at.offset;
    const bool read_all = stream.met && lost.at_least == 0 && !stream.unseen;
    if (!read_all || stream.open) {
      Status told = turn_to(stream, kNoTime);
      if (told && !read_all) told = sink->lost(lost);
      if (told) told = let_go(stream, read_all && stream.ended, true);
      if (!told) return told;
    }
    stream.at.whole = true;
  }
  return Done{};
}

}  // namespace blip
