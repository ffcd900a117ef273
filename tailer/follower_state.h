// The inside of a follower, for its own files only: follower.cc reads, follower_files.cc knows
// which files there are, follower_recognise.cc what each one is, follower_losses.cc what happened
// to it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/fd.h"
#include "tailer/follower.h"
#include "tailer/identity.h"
#include "tailer/live_bytes.h"
#include "tailer/taken_bytes.h"
#include "tailer/text_view.h"

namespace blip {

struct FollowedStream;

struct FollowedFile {
  enum class Is {
    unknown,  // not looked into yet, or its first line is not whole
    plain,    // can be read anywhere: in place, whatever its form
    packed,
    pipe,
    copy,     // its bytes are those of another file of the set, for now
    skipped,  // no log
    damaged,  // packed, and not enough of it is there yet to know it
  };
  std::string path;
  FileLook look;       // its size: of the text that is known, once the file was open
  uint64_t bytes = 0;  // its size on the disk, when last looked at
  TextView text;
  Fd fd;                                // of a plain file
  std::unique_ptr<ChunkReader> reader;  // of any other
  FollowedStream* stream = nullptr;
  Is is = Is::unknown;
  bool listed = true;
  bool verified = false;  // the bytes before the offset were seen since it was opened
  bool touched = false;   // written to while it was closed, to whatever size
  bool hurried = false;   // its unterminated last line is not waited for
  bool left = false;      // a newer file was begun after it
  bool done = false;      // packed, and read to its end
  uint64_t seen = 0;      // bytes behind the stream's offset known to hold no newline
  uint64_t begin = 0;     // of its text, behind a hole
  uint64_t gone = 0;      // bytes of an unterminated first line that were cut away
};

struct FollowedStream {
  Checkpoint at;
  TakenBytes taken;
  uint64_t resume = 0, number = 0;  // of `known`, until it is met
  FollowedFile* file = nullptr;
  const FollowedFile* was_in = nullptr;  // the file that was cut; only to be compared
  uint64_t reached = 0;                  // the end of its file, when last looked at
  bool met = false;                      // in this life
  bool open = false;                     // turned to, and not let go of
  bool ended = true;                     // its last line had a newline
  bool hole = false;                     // to be told when it is turned to
  bool unseen = false;                   // its file went while it was closed
  bool cut_unseen = false;               // its file is a copy of one that was cut: to be told
  uint64_t gone = 0;                     // to be told when it is turned to
  std::optional<Lost> cut;               // likewise, when a copy has been looked for
};

// app.log.1.gz of app.log.1
bool packs(const std::string& packed, const std::string& plain);
// What makes a stream's key: `line` with or without its newline, or its first kFirstLine + 1 bytes.
std::string_view key_line(std::string_view line);
inline Time mtime_of(const FollowedFile& file) { return time_from_us(file.look.mtime_ns / 1000); }

struct Follower::State {
  enum class Step { nothing, gave, blocked, again };
  enum class Same { yes, no, failed };
  enum class Found { yes, not_yet, no };

  std::string folder, base;
  FollowOptions options;
  std::map<uint64_t, FollowedStream> streams;                        // by key
  std::unordered_map<uint64_t, std::vector<FollowedStream*>> alike;  // by first line
  std::vector<std::unique_ptr<FollowedFile>> files;                  // oldest first
  std::vector<InputFile> listing;
  bool listing_is_new = false;
  bool orphans = false;   // some stream may have lost its file
  bool cuts = false;      // some stream has a cut to be told
  bool familiar = false;  // the set was looked at before: what is new came since
  bool finishing = false;
  bool waits = false;
  FollowedStream* turned = nullptr;
  std::vector<ReadBuffer> buffers;           // filled in turn
  size_t buffer = 0;                         // the next one
  std::map<std::string, std::string> noted;  // path: the trouble told last
  uint64_t never_met = 0;                    // bytes of files that went before they had a key
  uint64_t taken_before = 0;                 // of files that are gone
  FollowSink* sink = nullptr;                // of the pump that runs

  void release();

  // Which files there are.
  std::vector<std::pair<std::string, FileLook>> look_at_listing(bool& old);
  bool listing_is_stale(const std::vector<std::pair<std::string, FileLook>>& there) const;
  Status refresh();
  void look_into_folder();
  Status match_known(FollowedFile& file);
  void drop(std::unique_ptr<FollowedFile> file);
  FollowedFile* newest() const;
  bool newer_has_bytes(const FollowedFile& file) const;
  bool rotated(const FollowedFile& file) const { return !file.listed || &file != newest(); }

  // What one is.
  bool open(FollowedFile& file);
  bool ready(FollowedFile& file);
  Same verify(FollowedFile& file);
  void measure(FollowedFile& file, uint64_t bytes, uint64_t wanted = 0);
  void look_at_form_anew(FollowedFile& file, uint64_t wanted = 0);
  bool reaches(FollowedFile& file, uint64_t offset);
  void start_at_resume(FollowedFile& file);
  bool open_packed(FollowedFile& file);
  Status attach(FollowedFile& file, FollowedStream& stream);
  void detach(FollowedFile& file);
  Result<Found> recognise(FollowedFile& file, bool force, FollowedStream* only);
  Result<Found> recognise_plain(FollowedFile& file, bool force, FollowedStream* only);
  Result<Found> recognise_packed(FollowedFile& file, FollowedStream* only);
  Result<Found> recognise_pipe(FollowedFile& file);
  std::vector<FollowedStream*> candidates(const FollowedFile& file, uint64_t first_line) const;
  bool is_copy(const FollowedFile& file, const FollowedStream& stream, bool longer) const;
  bool is_original(const FollowedFile& file, const FollowedStream& stream) const;
  bool parts(const FollowedStream& stream, std::string_view rest) const;
  bool copied_and_cut(const FollowedFile& file) const;
  bool holds_less(FollowedFile& file, const FollowedStream& stream, std::string_view line,
                  size_t candidates) const;
  bool begins_alike(FollowedFile& file, const FollowedStream& stream) const;
  uint64_t free_key(std::string_view line, bool reuse) const;
  FollowedStream& new_stream(std::string_view line, uint64_t begin);
  void forget_stream(FollowedStream& stream);

  // What happened to it.
  void look(FollowedFile& file);
  void look_at_all();
  void truncated(FollowedFile& file);
  Status tell_cuts();
  Status tell_orphans();

  // Its bytes.
  Result<Step> step(FollowedFile& file, uint64_t& budget);
  Result<Step> read_plain(FollowedFile& file, bool last, uint64_t& budget);
  Result<Step> read_no_further(FollowedFile& file, bool last);
  Result<Step> read_packed(FollowedFile& file, uint64_t& budget);
  Status turn_to(FollowedStream& stream, Time mtime);
  Status leave(const FollowedStream& next);
  Status let_go(FollowedStream& stream, bool whole, bool dead);
  Status give(FollowedFile& file, const Chunk& chunk);
  Status run(uint64_t& budget, bool& more);
  Status leave_all();
  void close_lingering(size_t most);

  void trouble(const std::string& path, const std::string& text);
  void well(const std::string& path) { noted.erase(path); }
  Checkpoint position(const FollowedStream& stream) const;
  void forget_tail(FollowedStream& stream) const {
    stream.at.marker = position(stream).marker;
    stream.taken.forget();
  }
};

}  // namespace blip
