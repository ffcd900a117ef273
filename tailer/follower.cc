// One rotation set, as it lies in the folder and as it is read:
//
//   app.log.2.gz   read in an earlier life as app.log: its first line and the bytes before the
//                  stored offset are the same; the rest of it is unpacked and given
//   app.log.1      renamed while open: drained through its descriptor before app.log is begun,
//                  and looked at again later, because writers forget to reopen
//   app.log        new: the stream with the next n
//
// A pump looks at the files newest first and reads them oldest first, each only as far as that look
// saw: so whatever stood in the older file before the newer one's bytes were written is given
// before them.
//
// What a file is: by identity, verified by the bytes before the offset; else by content; else new.
// What is verified after a read and before it is given can't have been truncated in between.

#include "tailer/follower.h"

#include <algorithm>
#include <utility>

#include "core/hash.h"
#include "tailer/follower_state.h"

namespace blip {
namespace {
using File = FollowedFile;
using Stream = FollowedStream;

constexpr size_t kLingering = 4;         // rotated files kept open for a writer that forgot
constexpr int kLooks = 16;               // fresh starts in one pump, when files change under it
constexpr uint64_t kNotesKept = 10'000;  // paths whose trouble is remembered as told
}  // namespace

std::string_view why_name(Lost::Why why) {
  switch (why) {
    case Lost::Why::truncated:
      return "truncated";
    case Lost::Why::rewritten:
      return "rewritten";
    case Lost::Why::deleted:
      return "deleted";
    case Lost::Why::unreadable:
      return "unreadable";
    case Lost::Why::hole:
      return "hole";
  }
  return "";
}

void Follower::State::trouble(const std::string& path, const std::string& text) {
  if (noted.size() >= kNotesKept) noted.clear();
  std::string& told = noted[path];
  if (told == text) return;
  told = text;
  sink->note({path, text, true});
}

Checkpoint Follower::State::position(const Stream& stream) const {
  Checkpoint at = stream.at;
  if (!stream.taken.tail().empty()) at.marker = stream.taken.marker();
  return at;
}

// Before turning to a newer file: what is turned to has been read to its end.
Status Follower::State::leave(const Stream& next) {
  if (turned == nullptr || !turned->open || turned->file == nullptr) return Done{};
  for (const auto& file : files) {
    if (file.get() == next.file) return Done{};
    if (file.get() != turned->file) continue;
    if (next.file == nullptr) return Done{};
    file->left = true;
    const bool all = file->done || file->look.size <= turned->at.offset;
    return let_go(*turned, all && turned->ended, false);
  }
  return Done{};
}

Status Follower::State::turn_to(Stream& stream, Time mtime) {
  if (turned != &stream || !stream.open) {
    const Status left = turned != &stream ? leave(stream) : Done{};
    if (!left) return left;
    turned = &stream;
    stream.open = true;
    Checkpoint at = position(stream);
    at.whole = stream.at.whole = false;
    at.number = stream.number;
    const Status told = sink->turn_to(at, mtime);
    if (!told) return told;
  }
  if (std::exchange(stream.hole, false)) {
    const Status told = sink->lost({Lost::Why::hole, 0, 0});
    if (!told) return told;
  }
  if (const uint64_t gone = std::exchange(never_met, 0); gone > 0) {
    const Status told = sink->lost({Lost::Why::deleted, gone, std::nullopt});
    if (!told) return told;
  }
  if (const uint64_t gone = std::exchange(stream.gone, 0); gone > 0) {
    return sink->lost({Lost::Why::truncated, gone, std::nullopt});
  }
  return Done{};
}

Status Follower::State::let_go(Stream& stream, bool whole, bool dead) {
  stream.open = false;
  stream.at.whole = whole || dead;
  stream.at.marker = position(stream).marker;
  return sink->let_go(whole);
}

Status Follower::State::give(File& file, const Chunk& chunk) {
  Stream& stream = *file.stream;
  Status told = turn_to(stream, mtime_of(file));
  if (told) {
    stream.at.whole = false;
    told = sink->take(chunk);
  }
  if (told && std::exchange(stream.cut_unseen, false)) {
    told = sink->lost({Lost::Why::truncated, 0, std::nullopt});
  }
  if (!told) return told;
  stream.ended = chunk.ended;
  stream.at.offset += bytes_of(chunk);
  file.seen = 0;
  if (chunk.lost == 0) {
    stream.taken.take(chunk.text, stream.at.offset);
    if (!options.once) stream.taken.mark(chunk.text);
  } else {
    char bytes[kMarkerBytes];
    size_t size = 0;
    if (file.fd) {
      const Result<size_t> got =
          file.text.read(file.fd.get(), stream.at.offset - kMarkerBytes, bytes, kMarkerBytes);
      size = got && *got == kMarkerBytes ? kMarkerBytes : 0;
    }
    stream.taken.set({bytes, size}, stream.at.offset);
    stream.at.marker = stream.taken.marker();
  }
  return Done{};
}

Result<Follower::State::Step> Follower::State::read_plain(File& file, bool last, uint64_t& budget) {
  Stream& stream = *file.stream;
  const bool all = stream.at.offset + file.seen >= file.look.size;
  if (all && !file.text.plain() && file.fd) measure(file, file.bytes);  // it knows some way ahead
  if (stream.at.offset + file.seen >= file.look.size && !(last && file.seen > 0)) {
    return file.text.plain() ? Step::nothing : read_no_further(file, last);
  }
  if (!ready(file)) return listing_is_new ? Step::again : Step::nothing;
  const LiveRead read{.fd = file.fd.get(),
                      .text = &file.text,
                      .offset = stream.at.offset,
                      .limit = file.look.size,
                      .ask = options.chunk,
                      .last = last};
  uint64_t cost = 0;
  const uint64_t seen = file.seen;
  const Result<std::optional<Chunk>> chunk = read_lines(read, file.seen, cost, buffers[buffer]);
  budget -= std::min(budget, cost);
  if (!chunk) {
    trouble(file.path, "read " + file.path + ": " + chunk.error().text);
    file.fd = {};
    file.verified = false;
    return Step::nothing;
  }
  if (!*chunk) {
    if (stream.at.offset + file.seen >= file.look.size) return Step::nothing;
    if (file.seen > seen) return Step::gave;  // a very long line
    if (!file.text.plain()) look_at_form_anew(file);
    return Step::again;  // it shrank
  }
  if (!options.once) {
    const Same same = verify(file);
    if (same == Same::failed) return Step::nothing;
    if (same == Same::no) {
      file.seen = 0;
      look(file);
      if (!listing_is_new) truncated(file);
      return Step::again;
    }
    // Nothing before it to tell by: the line that its key was made of is.
    const std::string_view text = (*chunk)->text;
    const bool first =
        stream.at.offset == stream.at.begin && !stream.open && file.begin == stream.at.begin;
    if (first &&
        hash_of(key_line(text.substr(0, text.find('\n')))) != stream.at.stream.first_line) {
      forget_stream(stream);
      file.is = File::Is::unknown;
      file.seen = file.begin = 0;
      return Step::again;
    }
  }
  Chunk staying = **chunk;
  staying.stays = options.stay > 0;
  const Status given = give(file, staying);
  if (!given) return given.error();
  buffer = (buffer + 1) % buffers.size();
  return Step::gave;
}

// All text of it is read. Bytes behind that are of no use any more where they are damaged, or where
// a rotated file ends within a record: that is told once.
Result<Follower::State::Step> Follower::State::read_no_further(File& file, bool last) {
  Stream& stream = *file.stream;
  const uint64_t rest = file.text.rest(file.bytes);
  const bool damaged = file.text.damaged();
  const bool torn = file.text.records() && rest > 0 && last && rotated(file);
  const bool told_before = stream.at.whole && !stream.open;
  if (!file.fd || (!damaged && !torn) || told_before) return Step::nothing;
  if (!ready(file)) return listing_is_new ? Step::again : Step::nothing;
  if (damaged) look_at_form_anew(file, UINT64_MAX);  // it may have been cut and written again
  if (damaged && !file.text.damaged()) return Step::again;
  trouble(file.path, file.path + (damaged ? ": a damaged record; what stands behind it is not read"
                                          : ": ends within a record"));
  Status told = turn_to(stream, mtime_of(file));
  if (told) {
    const bool may_grow = damaged && !rotated(file);
    told = sink->lost({Lost::Why::unreadable, rest, may_grow ? std::nullopt : std::optional(rest)});
  }
  if (told) told = let_go(stream, false, true);
  if (!told) return told.error();
  return Step::gave;
}

Result<Follower::State::Step> Follower::State::read_packed(File& file, uint64_t& budget) {
  if (file.done) return Step::nothing;
  if (!ready(file)) return Step::nothing;
  const Result<std::optional<Chunk>> chunk = file.reader->next();
  if (chunk && *chunk) {
    budget -= std::min(budget, bytes_of(**chunk));
    const Status given = give(file, **chunk);
    if (!given) return given.error();
    return Step::gave;
  }
  Stream& stream = *file.stream;
  file.done = true;
  file.reader.reset();
  Status told = Done{};
  if (!chunk && stream.at.whole && !stream.open) {
    trouble(file.path, chunk.error().text);  // its end was read, or told as lost, before
  } else if (!chunk) {
    trouble(file.path, chunk.error().text);
    told = turn_to(stream, mtime_of(file));
    if (told) told = sink->lost({Lost::Why::unreadable, 0, std::nullopt});
    if (told) told = let_go(stream, false, true);
  } else if (stream.open && turned == &stream) {
    told = let_go(stream, stream.ended, true);
  } else if (!stream.at.whole) {
    stream.at.whole = true;
    told = sink->moved(position(stream));
  }
  if (!told) return told.error();
  return Step::gave;
}

Result<Follower::State::Step> Follower::State::step(File& file, uint64_t& budget) {
  if (file.is == File::Is::skipped || file.is == File::Is::copy || file.is == File::Is::damaged) {
    return Step::nothing;
  }
  const bool passed = file.stream != nullptr && !file.fd && !file.reader && file.seen == 0;
  if (passed && file.is == File::Is::unknown && file.look.size == file.stream->at.offset) {
    return Step::nothing;
  }
  const bool old = rotated(file);
  const bool newer = old && !file.left && newer_has_bytes(file);
  const bool force =
      finishing || (old && options.once) || (file.hurried && !file.left && (newer || !file.listed));
  if (file.stream == nullptr) {
    const Result<Found> found = recognise(file, force, nullptr);
    if (!found) return found.error();
    if (listing_is_new) return Step::again;
    if (*found == Found::not_yet && newer && file.look.size > file.begin) return Step::blocked;
    if (*found != Found::yes) return Step::nothing;
  }
  if (file.is == File::Is::unknown && !open(file)) return Step::nothing;
  if (file.is == File::Is::packed || file.is == File::Is::pipe) return read_packed(file, budget);
  const Result<Step> read = read_plain(file, force, budget);
  const bool torn = file.text.records() && !file.text.damaged() && file.text.rest(file.bytes) > 0;
  const bool half = file.seen > 0 || torn;
  if (read && *read == Step::nothing && newer && half && !force) return Step::blocked;
  return read;
}

Status Follower::State::run(uint64_t& budget, bool& more) {
  more = false;
  for (int looks = 0; looks < kLooks;) {
    if (listing_is_new) {
      const Status met = refresh();
      if (!met) return met;
    }
    look_at_all();
    if (listing_is_new) {
      ++looks;
      continue;
    }
    const Status told = tell_cuts();
    if (!told) return told;
    bool gave = false, again = false;
    waits = false;
    for (size_t i = 0; i < files.size() && !waits && !again; ++i) {
      for (bool here = true; here;) {
        if (budget == 0) {
          more = true;
          return Done{};
        }
        const Result<Step> now = step(*files[i], budget);
        if (!now) return now.error();
        gave = gave || *now == Step::gave;
        again = *now == Step::again;
        waits = *now == Step::blocked;
        here = *now == Step::gave;
      }
    }
    if (!gave && !again) break;
    if (again && !gave) ++looks;
  }
  familiar = true;
  return tell_orphans();
}

void Follower::State::close_lingering(size_t most) {
  File* const live = newest();
  size_t open = 0;
  for (size_t i = files.size(); i-- > 0;) {
    File& file = *files[i];
    if (!file.fd || &file == live) continue;
    const uint64_t read = file.stream == nullptr ? file.begin : file.stream->at.offset;
    const bool unread = file.look.size > read;
    if (unread && !file.listed && file.is != File::Is::copy) continue;
    if (++open <= most) continue;
    file.fd = {};
    file.verified = false;
    if (file.listed) continue;
    std::unique_ptr<File> gone = std::move(files[i]);
    files.erase(files.begin() + static_cast<ptrdiff_t>(i));
    drop(std::move(gone));
  }
}

// What was turned to and never let go of: the live file, and those it was read by turns with.
Status Follower::State::leave_all() {
  for (const auto& file : files) {
    Stream* const stream = file->stream;
    if (stream == nullptr || !stream->open) continue;
    Status done = turn_to(*stream, mtime_of(*file));
    if (done && stream->open) done = let_go(*stream, stream->ended, false);
    if (!done) return done;
  }
  return Done{};
}

Follower::Follower(std::string folder, std::string base, FollowOptions options,
                   std::vector<KnownStream> known)
    : state_(std::make_unique<State>()) {
  state_->folder = std::move(folder);
  state_->base = std::move(base);
  state_->options = std::move(options);
  state_->options.chunk = std::max<size_t>(state_->options.chunk, 1);
  state_->buffers.resize(state_->options.stay + 1);
  state_->familiar = !known.empty();
  for (KnownStream& one : known) {
    Stream& stream = state_->streams[one.stored.stream.key];
    stream.at = std::move(one.stored);
    stream.resume = std::min(one.resume, stream.at.offset);
    stream.number = one.resume_number;
    state_->alike[stream.at.stream.first_line].push_back(&stream);
  }
}

Follower::~Follower() = default;
Follower::Follower(Follower&&) noexcept = default;

void Follower::files(std::vector<InputFile> now) {
  state_->listing = std::move(now);
  state_->listing_is_new = true;
}

void Follower::State::release() {
  for (ReadBuffer& one : buffers) one.release();
}

Result<bool> Follower::pump(uint64_t budget, FollowSink& sink) {
  State& state = *state_;
  state.sink = &sink;
  bool more = false;
  const Status done = state.run(budget, more);
  if (!done) return done.error();
  state.close_lingering(state.options.once ? 0 : kLingering);
  if (!state.options.once) state.release();
  return more;
}

bool Follower::waiting() const { return state_->waits; }

void Follower::hurry() {
  for (const auto& file : state_->files) file->hurried = file->hurried || state_->rotated(*file);
}

Status Follower::finish(FollowSink& sink) {
  State& state = *state_;
  state.sink = &sink;
  state.finishing = true;
  uint64_t budget = UINT64_MAX;
  bool more = false;
  Status done = state.run(budget, more);
  if (done) done = state.leave_all();
  if (!done) return done;
  rest();
  return Done{};
}

void Follower::rest() {
  State& state = *state_;
  state.close_lingering(0);
  for (const auto& file : state.files) {
    const std::optional<FileLook> last = file->fd ? look_at(file->fd.get()) : std::nullopt;
    if (!file->listed || (last && last->links == 0)) continue;  // removed: the next pump sees to it
    file->fd = {};
    file->reader.reset();
    file->verified = false;
    if (file->stream == nullptr) continue;
    state.forget_tail(*file->stream);
  }
  state.release();
}

Checkpoint Follower::position(uint64_t key) const {
  const auto stream = state_->streams.find(key);
  return stream == state_->streams.end() ? Checkpoint{} : state_->position(stream->second);
}

uint64_t Follower::taken() const {
  uint64_t sum = state_->taken_before;
  for (const auto& file : state_->files) {
    const bool packed = file->is == File::Is::packed || file->is == File::Is::pipe;
    const bool passed = file->is == File::Is::skipped || file->is == File::Is::copy || file->done;
    if (passed) {
      sum += file->bytes;
    } else if (packed) {
      sum += file->reader ? file->reader->taken() : 0;
    } else if (file->stream != nullptr) {
      sum += file->text.bytes_before(file->stream->at.offset);
    }
  }
  return sum;
}

uint64_t Follower::behind() const {
  uint64_t sum = 0;
  for (const auto& file : state_->files) {
    const uint64_t size = file->bytes;
    if (file->is == File::Is::skipped || file->is == File::Is::copy || file->done) continue;
    uint64_t read = file->begin;
    if (file->is == File::Is::packed || file->is == File::Is::pipe) {
      read = file->reader ? file->reader->taken() : 0;
    } else if (file->stream != nullptr) {
      read = file->text.bytes_before(file->stream->at.offset + file->seen);
    }
    sum += size - std::min(size, read);
  }
  return sum;
}

}  // namespace blip
