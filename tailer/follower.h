// Follows one rotation set (app.log and its rotated siblings): every byte once, in order, over
// renames, copies, truncations, compression and restarts of blip. Recognises files it has read
// before by identity, else by content, and tells what can't be read any more.
//
// A scan is a follower that is pumped until nothing is left, then finished; an agent goes on.
// No clock, no threads, no inotify: who owns it says when something may have changed. Positions are
// the owner's to keep: it gets them with each chunk and gives them back after a restart.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint.h"
#include "core/result.h"
#include "tailer/chunk_reader.h"
#include "tailer/inputs.h"

namespace blip {

// A known stream, as the owner kept it, and where to read on. `resume` <= stored.offset: what lies
// between has been stored, but what was learned from it has not; it is given again.
struct KnownStream {
  Checkpoint stored;
  uint64_t resume = 0;
  uint64_t resume_number = 0;  // lines before `resume`
};

// Bytes that are gone. They stood in the stream last turned to, behind its offset.
struct Lost {
  enum class Why {
    truncated,   // cut to nothing in place (copytruncate), and no copy of the rest was found
    rewritten,   // cut back to a part of it
    deleted,     // removed with bytes unread
    unreadable,  // the packed rest is damaged
    hole,        // a gap of NULs: its writer does not append (nothing was lost, but it should)
  };
  Why why = Why::truncated;
  uint64_t at_least = 0;            // bytes known to be gone
  std::optional<uint64_t> at_most;  // none: nobody can know
};
std::string_view why_name(Lost::Why why);

class FollowSink {
 public:
  virtual ~FollowSink() = default;
  // What follows belongs to this stream: a new one (offset == begin, number 0) or one that goes on
  // at `at.offset`. `at.number` is right where a stream is met the first time (0, or its
  // resume_number); the follower does not count lines. `mtime` bounds the guess of a missing year.
  // May come again and again for the same stream: a writer that forgot the rotation still writes to
  // the old file.
  virtual Status turn_to(const Checkpoint& at, Time mtime) = 0;
  // Bytes of it. After return everything before chunk.offset + text + lost counts as taken.
  virtual Status take(const Chunk& chunk) = 0;
  // The stream last turned to was let go of. `whole`: read to its end, its last line ended. (Where
  // not, position() says by its own `whole` if more may come all the same.)
  virtual Status let_go(bool whole) = 0;
  // Also of the stream last turned to.
  virtual Status lost(const Lost& lost) = 0;
  // Something a person should know of one path ("permission denied", "a binary file").
  virtual void note(const InputNote& note) = 0;
  // A known stream was found in another file, or its file under another name: `at.stream.path` and
  // `.file` are new, and worth keeping: a packed file is unpacked to know it. Nothing is turned to.
  virtual Status moved(const Checkpoint& /*at*/) { return Done{}; }
};

struct FollowOptions {
  size_t chunk = 256 * 1024;  // bytes a read asks for; no result depends on it
  bool once = false;          // a scan: an unterminated last line is given at the end
  // Is this key another source's, whose file is still there? Two hosts' stderr files may begin
  // alike; they are different streams all the same. Empty: no.
  std::function<bool(uint64_t key)> taken;
  size_t stay = 0;  // of a scan: chunks that `stay` do so until so many more were given
};

class Follower {
 public:
  // `base` and `folder` name the set, as in Source. `known`: its streams so far, any order.
  Follower(std::string folder, std::string base, FollowOptions options,
           std::vector<KnownStream> known);
  ~Follower();
  Follower(Follower&&) noexcept;

  // The files of the set as they now lie in the folder, oldest first (find_inputs() order). To be
  // called at first, and when a name of the set has come, gone or moved.
  void files(std::vector<InputFile> now);

  // Gives the sink up to about `budget` bytes of what is there. True: there is more to read at
  // once. False: everything is read, until something changes. Fails only when the sink does.
  Result<bool> pump(uint64_t budget, FollowSink& sink);

  // An unterminated last line of a rotated file holds back the newer files: its writer may be at
  // it.
  bool waiting() const;
  // It has waited long enough (2 s or so after the rotation): unterminated last lines of files that
  // now are rotated or removed are given as they are.
  void hurry();

  // No more will come (the end of a scan, or the agent stops watching this set for good): gives an
  // unterminated last line, lets go of what is open.
  Status finish(FollowSink& sink);

  // Closes descriptors and buffers of a quiet set; the next pump opens and verifies again. Removed
  // files are let go of for good, but for those with bytes unread.
  void rest();

  // Marker, identity and offset of the stream as taken so far, by key. For checkpoints. Format,
  // times and number are the owner's. `whole`: nothing more will come of it.
  Checkpoint position(uint64_t key) const;
  // Packed bytes taken, for progress; bytes on disk not yet read, for lag.
  uint64_t taken() const;
  uint64_t behind() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blip
