// What is this file? In this order:
//
//   the same file    by identity, and the bytes before the stored offset are there: it goes on
//   the same bytes   "listening on :80\n..." begins like a known stream, and so it is before that
//                    stream's offset: a packed or moved file, or a copy
//   a new stream     n = how many of this set began with the same line before
//
// Among copies of one another the one that is written to is the stream's; the others are left alone
// until it is truncated or gone.

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/hash.h"
#include "tailer/follower_state.h"
#include "tailer/unpacked_bytes.h"

namespace blip {
namespace {
using File = FollowedFile;
using Stream = FollowedStream;

constexpr size_t kHeadBytes = 4096;  // of a file that tell text from binary
constexpr size_t kLeastHole = 8;     // fewer NULs at the beginning are text of some kind

bool packed_head(std::string_view head) {
  return head.starts_with("\x1f\x8b") || head.starts_with("\x28\xb5\x2f\xfd");
}

bool nuls(std::string_view head) {
  return head.size() >= kLeastHole &&
         head.substr(0, kLeastHole).find_first_not_of('\0') == std::string_view::npos;
}
constexpr uint64_t kMostBetween = 64 * 1024;  // bytes written between copying and cutting
constexpr int kTellingDigits = 8;             // of a first line that is no banner
}  // namespace

bool packs(const std::string& packed, const std::string& plain) {
  return packed == plain + ".gz" || packed == plain + ".zst";
}

std::string_view key_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.size() <= kFirstLine + 1 && line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(0, kFirstLine);
}

// A log that is read as it grows would have its inode written as well, for the time of reading.
Fd open_to_read(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  Fd fd(::open(path.c_str(), kFlags | O_NOATIME));
  if (!fd && errno == EPERM) fd = Fd(::open(path.c_str(), kFlags));  // the owner's right
  return fd;
}

// Opens it and tells packed from plain. False: not now.
bool Follower::State::open(File& file) {
  if (file.fd || file.reader || file.is == File::Is::pipe) return true;
  Fd fd = open_to_read(file.path);
  if (!fd) {
    const int why = errno;
    if (why == ENOENT && !options.once) {
      look_into_folder();
    } else {
      trouble(file.path, "open " + file.path + ": " + std::strerror(why));
    }
    return false;
  }
  std::optional<FileLook> look = look_at(fd.get());
  if (!look) {
    trouble(file.path, "open " + file.path + ": " + std::strerror(errno));
    return false;
  }
  look->id.generation = generation_of(fd.get());
  if (!same_file(look->id, file.look.id)) {
    const bool born_alike = look->id.ino == file.look.id.ino && look->id.dev == file.look.id.dev &&
                            look->id.born_ns == file.look.id.born_ns;
    if (born_alike && file.stream != nullptr) {
      file.stream->unseen = true;
      detach(file);
      file.is = File::Is::unknown;
    }
    if (born_alike) file.look = *look;  // made in the same tick, in the same place
    look_into_folder();                 // another one has its name by now
    return false;
  }
  char head[4];
  const Result<size_t> got = read_at(fd.get(), 0, head, sizeof head);
  if (!got) {
    trouble(file.path, "read " + file.path + ": " + got.error().text);
    return false;
  }
  well(file.path);
  file.look = *look;
  const bool packed = packed_head({head, *got});
  const bool open_question = file.is == File::Is::unknown || file.is == File::Is::packed;
  if (open_question && packed) file.is = File::Is::packed;
  if (file.is == File::Is::unknown && file.stream != nullptr) file.is = File::Is::plain;
  file.bytes = look->size;
  if (file.is != File::Is::packed) {
    file.fd = std::move(fd);
    measure(file, look->size);
  }
  if (file.stream != nullptr) file.stream->at.stream.file = look->id;
  return true;
}

// How much text is in its bytes: at least up to some way behind where it is read, and `wanted`.
void Follower::State::measure(File& file, uint64_t bytes, uint64_t wanted) {
  file.bytes = bytes;
  const uint64_t read = file.stream == nullptr ? file.begin : file.stream->at.offset + file.seen;
  file.look.size = file.text.size(file.fd.get(), bytes, std::max(wanted, read));
}

// Forgets what was known of its text.
void Follower::State::look_at_form_anew(File& file, uint64_t wanted) {
  file.text = TextView();
  measure(file, file.bytes, wanted);
}

bool Follower::State::reaches(File& file, uint64_t offset) {
  if (file.look.size < offset && !file.text.plain()) measure(file, file.bytes, offset);
  return file.look.size >= offset;
}

Follower::State::Same Follower::State::verify(File& file) {
  Stream& stream = *file.stream;
  const std::string_view tail = stream.taken.tail();
  const size_t size = tail.empty() ? stream.at.marker.size : tail.size();
  if (size == 0) return Same::yes;
  if (size > kMarkerBytes || size > stream.at.offset) return Same::no;
  char bytes[kMarkerBytes];
  const Result<size_t> got = file.text.read(file.fd.get(), stream.at.offset - size, bytes, size);
  if (!got) {
    trouble(file.path, "read " + file.path + ": " + got.error().text);
    file.fd = {};
    file.verified = false;
    return Same::failed;
  }
  const std::string_view now(bytes, *got);
  if (!tail.empty()) return now == tail ? Same::yes : Same::no;
  if (marker_of(now) != stream.at.marker) return Same::no;
  stream.taken.set(now, stream.at.offset);
  return Same::yes;
}

// Known bytes that are to be given again.
void Follower::State::start_at_resume(File& file) {
  Stream& stream = *file.stream;
  stream.met = true;
  if (stream.resume >= stream.at.offset) return;
  stream.at.offset = std::max(stream.resume, stream.at.begin);
  stream.resume = stream.at.offset;
  char bytes[kMarkerBytes];
  const size_t size =
      static_cast<size_t>(std::min<uint64_t>(kMarkerBytes, stream.at.offset - stream.at.begin));
  const Result<size_t> got = file.text.read(file.fd.get(), stream.at.offset - size, bytes, size);
  stream.taken.set({bytes, got ? *got : 0}, stream.at.offset);
  stream.at.marker = stream.taken.marker();
}

// A stream's file that may have bytes to read: open, and surely still the one it was.
bool Follower::State::ready(File& file) {
  if (!open(file)) return false;
  if (file.is == File::Is::packed) return file.reader != nullptr || open_packed(file);
  if (file.verified) return true;
  Stream& stream = *file.stream;
  const Same same = verify(file);
  if (same == Same::failed) return false;
  if (same == Same::no) {
    truncated(file);
    return false;
  }
  file.verified = true;
  file.touched = false;
  stream.reached = std::max(stream.reached, file.look.size);
  if (!stream.met) start_at_resume(file);
  return true;
}

// At the stream's offset, or at `resume` where it is met the first time.
bool Follower::State::open_packed(File& file) {
  Stream& stream = *file.stream;
  const uint64_t to = stream.met ? stream.at.offset : std::min(stream.resume, stream.at.offset);
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) {
    trouble(file.path, bytes.error().text);
    return false;
  }
  auto unpacked = std::make_unique<UnpackedBytes>(std::move(*bytes));
  const bool there = unpacked->skip_to(to);
  const bool same =
      to < stream.at.offset || stream.at.marker.size == 0 ||
      stream.at.marker.size > unpacked->passed().size() ||
      marker_of(unpacked->passed().substr(unpacked->passed().size() - stream.at.marker.size)) ==
          stream.at.marker;
  if (!there || !same) {
    detach(file);
    file.is = File::Is::unknown;
    return false;
  }
  stream.taken.set(unpacked->passed(), to);
  stream.at.offset = to;
  stream.at.marker = stream.taken.marker();
  stream.met = true;
  file.reader = std::make_unique<ChunkReader>(std::move(unpacked), options.chunk, to);
  return true;
}

Status Follower::State::attach(File& file, Stream& stream) {
  if (File* const other = stream.file) {
    other->stream = nullptr;
    other->fd = {};
    other->reader.reset();
    other->is = File::Is::copy;
  }
  const std::string& path = stream.at.stream.path;
  const bool moved = !path.empty() && (path != file.path || file.look.id != stream.at.stream.file);
  file.stream = &stream;
  stream.file = &file;
  stream.unseen = false;
  stream.at.stream.path = file.path;
  stream.at.stream.file = file.look.id;
  stream.reached = std::max(stream.reached, file.is == File::Is::packed ? 0 : file.look.size);
  return moved ? sink->moved(position(stream)) : Status(Done{});
}

void Follower::State::detach(File& file) {
  Stream& stream = *file.stream;
  stream.file = nullptr;
  stream.at.stream.file = {};
  stream.at.marker = position(stream).marker;
  file.stream = nullptr;
  file.reader.reset();
  file.seen = file.begin = 0;
  file.verified = file.done = file.left = file.hurried = false;
  orphans = true;
}

// Streams that began alike, the one read furthest last.
std::vector<Stream*> Follower::State::candidates(const File& file, uint64_t first_line) const {
  std::vector<Stream*> found;
  const auto streams_alike = alike.find(first_line);
  if (streams_alike == alike.end()) return found;
  for (Stream* const stream : streams_alike->second) {
    const bool other = stream->file != nullptr && stream->file->listed;
    if (!other || is_copy(file, *stream, false) || is_original(file, *stream)) {
      found.push_back(stream);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Stream* a, const Stream* b) { return a->at.offset < b->at.offset; });
  return found;
}

// `stream` is read in another file that is still there, and `file`, which begins alike, is the one
// that was made of it: an older name, or a packed sibling. Of one that is removed and read to its
// end, whatever holds no more (`longer`: it holds more).
bool Follower::State::is_copy(const File& file, const Stream& stream, bool longer) const {
  const File* const other = stream.file;
  if (other == nullptr || other == &file) return false;
  if (!other->listed) return !longer && rotated(file);
  if (packs(file.path, other->path)) return true;
  for (const auto& at : files) {
    if (at.get() == &file) return true;
    if (at.get() == other) return false;
  }
  return false;
}

// The other way round: the copy was read first, because its name is older. But it was born later.
// Short files of a crash loop may well be alike, and are different ones all the same.
bool Follower::State::is_original(const File& file, const Stream& stream) const {
  const File* const copy = stream.file;
  if (copy == nullptr || !copy->listed || copy == &file || rotated(file)) return false;
  if (copy->is != File::Is::plain || stream.at.offset < copy->look.size) return false;
  const int64_t born = file.look.id.born_ns, copied = copy->look.id.born_ns;
  if (born != 0 && copied != 0 && born != copied) return copied > born;
  return position(stream).marker.size == kMarkerBytes;
}

// Under an old name, made since, and younger than the live file: not renamed, but copied, before
// that one was cut. (Who lags sees only the last of several cuts happen.)
bool Follower::State::copied_and_cut(const File& file) const {
  const File* const live = newest();
  if (!familiar || options.once || live == nullptr || live == &file || !live->listed) return false;
  const FileIdentity &mine = file.look.id, &its = live->look.id;
  return mine.dev == its.dev && mine.born_ns != 0 && its.born_ns != 0 && mine.born_ns > its.born_ns;
}

// Is it a copy of what was taken from a file that was cut since, without the last lines, which
// were taken between copying and cutting? Marks tell it; without them (after a restart) its age and
// a first line that no other stream has, for it holds a time or an id.
bool Follower::State::holds_less(File& file, const Stream& stream, std::string_view line,
                                 size_t candidates) const {
  const uint64_t size = file.look.size;
  if (stream.file != nullptr || !rotated(file) || size >= stream.at.offset) return false;
  const std::vector<TakenBytes::Mark>& marks = stream.taken.marks();
  const auto beyond = std::find_if(marks.begin(), marks.end(),
                                   [size](const auto& mark) { return mark.end > size; });
  if (beyond != marks.begin() && file.fd) {
    const TakenBytes::Mark& mark = *std::prev(beyond);
    char bytes[kMarkerBytes];
    const Result<size_t> got =
        file.text.read(file.fd.get(), mark.end - mark.marker.size, bytes, mark.marker.size);
    return got && marker_of({bytes, *got}) == mark.marker;
  }
  const auto digits =
      std::count_if(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool cut = !stream.at.stream.file.known();  // and not removed
  return cut && candidates == 1 && digits >= kTellingDigits && copied_and_cut(file) &&
         stream.at.offset - size <= kMostBetween;
}

// Is it the same, as far as it goes, as the file that the stream is read in?
bool Follower::State::begins_alike(File& file, const Stream& stream) const {
  File* const other = stream.file;
  if (!other->fd) return other->is == File::Is::packed || file.look.size == other->look.size;
  const size_t part = static_cast<size_t>(std::min<uint64_t>(kMarkerBytes, file.look.size));
  char mine[kMarkerBytes], theirs[kMarkerBytes];
  const Result<size_t> a = file.text.read(file.fd.get(), file.look.size - part, mine, part);
  const Result<size_t> b = other->text.read(other->fd.get(), file.look.size - part, theirs, part);
  return a && b && *a == part && *b == part && std::memcmp(mine, theirs, part) == 0;
}

// Does its file go on in another way behind what was read of it?
bool Follower::State::parts(const Stream& stream, std::string_view rest) const {
  if (!stream.file->fd) return false;
  char bytes[kMarkerBytes];
  File& file = *stream.file;
  const Result<size_t> got = file.text.read(file.fd.get(), stream.at.offset, bytes, rest.size());
  return got && std::string_view(bytes, *got) != rest;
}

// `reuse`: a known stream that was not met in this life may be the one (a pipe can't be rewound).
uint64_t Follower::State::free_key(std::string_view line, bool reuse) const {
  const auto streams_alike = alike.find(hash_of(line));
  const uint64_t earlier = streams_alike == alike.end() ? 0 : streams_alike->second.size();
  for (uint64_t n = reuse ? 0 : earlier;; ++n) {
    const uint64_t key = Hasher().field(base).field(line).number(n).value();
    const auto known = streams.find(key);
    if (known != streams.end() ? reuse && !known->second.met
                               : !options.taken || !options.taken(key)) {
      return key;
    }
  }
}

Stream& Follower::State::new_stream(std::string_view line, uint64_t begin) {
  const uint64_t key = free_key(line, false);
  Stream& stream = streams[key];
  stream.at.stream.key = key;
  stream.at.stream.source = folder + "/" + base;
  stream.at.stream.first_line = hash_of(line);
  stream.at.begin = stream.at.offset = stream.resume = begin;
  stream.taken.set({}, begin);
  stream.met = true;
  alike[stream.at.stream.first_line].push_back(&stream);
  return stream;
}

void Follower::State::forget_stream(Stream& stream) {
  std::erase(alike[stream.at.stream.first_line], &stream);
  if (stream.file != nullptr) stream.file->stream = nullptr;
  if (turned == &stream) turned = nullptr;
  streams.erase(stream.at.stream.key);
}

Result<Follower::State::Found> Follower::State::recognise(File& file, bool force, Stream* only) {
  if (file.is == File::Is::pipe) return recognise_pipe(file);
  if (file.bytes == 0 && !file.fd) return Found::not_yet;
  if (!open(file)) return Found::no;
  if (file.is == File::Is::packed) return recognise_packed(file, only);
  return recognise_plain(file, force, only);
}

Result<Follower::State::Found> Follower::State::recognise_plain(File& file, bool force,
                                                                Stream* only) {
  look_at_form_anew(file);  // nothing else would tell that it was cut and has grown again
  if (file.text.undecided() && !force) return Found::not_yet;
  char bytes[kHeadBytes];
  Result<size_t> got = file.text.read(file.fd.get(), file.begin, bytes, sizeof bytes);
  if (got && (nuls({bytes, *got}) || (file.begin > 0 && *got > 0 && bytes[0] == 0))) {
    file.begin = skip_nuls(file.fd.get(), file.text, file.begin, file.look.size);
    got = file.text.read(file.fd.get(), file.begin, bytes, sizeof bytes);
  }
  if (!got) {
    trouble(file.path, "read " + file.path + ": " + got.error().text);
    file.fd = {};
    return Found::no;
  }
  const std::string_view head(bytes, *got);
  if (head.empty()) return Found::not_yet;
  const size_t newline = head.find('\n');
  const bool enough = newline != std::string_view::npos || head.size() > kFirstLine;
  if (!enough && !force) return Found::not_yet;
  if (looks_binary(head)) {
    file.is = File::Is::skipped;
    file.fd = {};
    sink->note({file.path, "a binary file, not a log: skipped", false});
    return Found::no;
  }
  const std::string_view line =
      key_line(newline == std::string_view::npos ? head : head.substr(0, newline + 1));
  const std::vector<Stream*> all = candidates(file, hash_of(line));
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    Stream& stream = **at;
    const Marker marker = position(stream).marker;
    const uint64_t offset = stream.at.offset;
    const bool copied =
        stream.file != nullptr && stream.file->listed && is_copy(file, stream, false);
    // Which of two is the copy, only the other can tell: it waits until that one may be read again.
    if (copied && !force && stream.file->is != File::Is::packed && !open(*stream.file)) {
      file.fd = {};
      return Found::not_yet;
    }
    if (copied && begins_alike(file, stream)) {
      file.is = File::Is::copy;
      file.fd = {};
      return Found::no;
    }
    if (!reaches(file, offset) || marker.size > offset) {
      const bool asked = only == nullptr || only == &stream;
      if (asked && holds_less(file, stream, line, all.size())) {
        file.is = File::Is::copy;
        file.fd = {};
        return Found::no;
      }
      continue;
    }
    // A short file that was read to its end is the same only if it has grown no more: the stderr
    // files of a crash loop all begin alike.
    if (stream.at.whole && marker.size < kMarkerBytes && file.look.size != offset) continue;
    char before[kMarkerBytes];
    const Result<size_t> part = file.text.read(file.fd.get(), offset - marker.size, before,
                                               std::min<size_t>(marker.size, kMarkerBytes));
    if (!part || marker_of({before, *part}) != marker) continue;
    if (only != nullptr && only != &stream) return Found::no;
    if (copied) {
      // It goes on in another way than the live file it was copied of: that one was truncated and
      // has grown again behind the same banner.
      if (stream.file != newest() || !stream.file->fd) continue;
      truncated(*stream.file);
      return Found::no;
    }
    if (is_copy(file, stream, file.look.size > offset)) {
      file.is = File::Is::copy;
      file.fd = {};
      return Found::no;
    }
    file.is = File::Is::plain;
    file.verified = true;
    stream.taken.set({before, *part}, offset);
    const Status kept = attach(file, stream);
    if (!kept) return kept.error();
    if (!stream.met) start_at_resume(file);
    return Found::yes;
  }
  if (only != nullptr) return Found::no;
  file.is = File::Is::plain;
  file.verified = true;
  Stream& stream = new_stream(line, file.begin);
  stream.hole = file.begin > 0;
  stream.cut_unseen = copied_and_cut(file);
  stream.gone = std::exchange(file.gone, 0);
  const Status kept = attach(file, stream);
  if (!kept) return kept.error();
  return Found::yes;
}

Result<Follower::State::Found> Follower::State::recognise_packed(File& file, Stream* only) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) {
    trouble(file.path, bytes.error().text);
    return Found::no;
  }
  auto unpacked = std::make_unique<UnpackedBytes>(std::move(*bytes));
  const uint64_t begin = nuls(unpacked->head(kLeastHole)) ? unpacked->skip_nuls() : 0;
  const std::string_view first = unpacked->first_line(kFirstLine + 2);
  const bool half_line = unpacked->error() && !first.ends_with('\n') && first.size() <= kFirstLine;
  const std::string line(key_line(first));
  const bool binary = looks_binary(unpacked->head(1).substr(0, kHeadBytes));
  const auto unsure = [&] {
    const bool complete = !unpacked->error();  // and empty
    file.is = complete || options.once || finishing ? File::Is::skipped : File::Is::damaged;
    if (file.is == File::Is::skipped && unpacked->error()) {
      trouble(file.path, unpacked->error()->text);
    }
    return Found::no;
  };
  const bool waits_for_more = half_line && !options.once && !finishing;
  if (waits_for_more || unpacked->head(1).empty()) return unsure();
  if (binary) {
    file.is = File::Is::skipped;
    sink->note({file.path, "a binary file, not a log: skipped", false});
    return Found::no;
  }
  Stream* match = nullptr;
  std::string rest;  // what it goes on with behind what was read of that one
  for (Stream* const stream : candidates(file, hash_of(line))) {
    if (!unpacked->skip_to(stream->at.offset)) {
      if (unpacked->error()) return unsure();  // still being packed?
      file.look.size = unpacked->offset();
      const bool asked = match == nullptr && (only == nullptr || only == stream);
      if (asked && holds_less(file, *stream, line, candidates(file, hash_of(line)).size())) {
        file.is = File::Is::copy;
        return Found::no;
      }
      break;
    }
    const Marker marker = position(*stream).marker;
    const std::string_view passed = unpacked->passed();
    if (marker.size > passed.size() && stream->at.offset > begin) continue;
    if (marker_of(passed.substr(passed.size() - std::min<size_t>(marker.size, passed.size()))) !=
        marker) {
      continue;
    }
    const bool longer = !unpacked->head(1).empty();
    if (stream->at.whole && marker.size < kMarkerBytes && longer) continue;
    match = stream;
    rest = unpacked->head(kMarkerBytes).substr(0, kMarkerBytes);
  }
  if (only != nullptr && only != match) return Found::no;
  if (match != nullptr && is_copy(file, *match, !rest.empty())) {
    if (only != nullptr || packs(file.path, match->file->path) || !parts(*match, rest)) {
      file.is = File::Is::copy;
      return Found::no;
    }
    if (match->file == newest()) {
      truncated(*match->file);  // as in recognise_plain()
      return Found::no;
    }
    match = nullptr;
  }
  if (match == nullptr) {
    Stream& stream = new_stream(line, begin);
    stream.hole = begin > 0;
    match = &stream;
  }
  Stream& stream = *match;
  const Status kept = attach(file, stream);
  if (!kept) return kept.error();
  const uint64_t to = stream.met ? stream.at.offset : std::min(stream.resume, stream.at.offset);
  if (unpacked->offset() != to) {
    if (!open_packed(file)) return Found::no;  // from the beginning, once more
    return Found::yes;
  }
  stream.met = true;
  stream.taken.set(unpacked->passed(), to);
  file.reader = std::make_unique<ChunkReader>(std::move(unpacked), options.chunk, to);
  return Found::yes;
}

// It can't be rewound: the known stream with the key it would have had is read on, unverified.
Result<Follower::State::Found> Follower::State::recognise_pipe(File& file) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) {
    trouble(file.path, bytes.error().text);
    file.is = File::Is::skipped;
    return Found::no;
  }
  auto unpacked = std::make_unique<UnpackedBytes>(std::move(*bytes));
  const uint64_t begin = nuls(unpacked->head(kLeastHole)) ? unpacked->skip_nuls() : 0;
  const std::string line(key_line(unpacked->first_line(kFirstLine + 2)));
  const std::string_view head = unpacked->head(1).substr(0, kHeadBytes);
  if (head.empty() || looks_binary(head)) {
    file.is = File::Is::skipped;
    if (!head.empty()) sink->note({file.path, "a binary file, not a log: skipped", false});
    return Found::no;
  }
  const auto known = streams.find(free_key(line, true));
  Stream& stream = known == streams.end() ? new_stream(line, begin) : known->second;
  if (known == streams.end()) stream.hole = begin > 0;
  const Status kept = attach(file, stream);
  if (!kept) return kept.error();
  const uint64_t to = std::min(stream.resume, stream.at.offset);
  unpacked->skip_to(to);
  stream.met = true;
  stream.at.offset = to;
  stream.taken.set(unpacked->passed(), to);
  stream.at.marker = stream.taken.marker();
  file.reader = std::make_unique<ChunkReader>(std::move(unpacked), options.chunk, to);
  return Found::yes;
}

}  // namespace blip
