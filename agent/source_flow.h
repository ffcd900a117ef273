// One source from bytes to signals: the contents page of the flow. A follower gives it chunks of
// whole lines; it reads them as records, says whose they are, takes blocks out, lets the sensors
// look, and collects what they say until its owner takes it to the store. Scan and agent share it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/lanes.h"
#include "agent/line_literals.h"
#include "agent/shortcuts.h"
#include "agent/survived_notes.h"
#include "core/stamp_memory.h"
#include "parsers/blocks/assembler.h"
#include "parsers/reader.h"
#include "rules/sense/senses.h"
#include "rules/signature_set.h"
#include "store/store.h"
#include "tailer/follower.h"

namespace blip {

// What a person wants to know of what was read.
struct ReadReport {
  static constexpr size_t kSamples = 5;  // of lines nobody understood
  size_t files = 0;                      // begun, rotated ones counted each
  uint64_t bytes = 0;                    // unpacked
  uint64_t lines = 0;
  uint64_t unparsed = 0;    // lines of no format and without a time
  uint64_t lost_bytes = 0;  // cut from over-long lines
  std::set<std::string> formats;
  std::vector<std::string> timeless;          // paths without any time
  std::vector<std::string> unparsed_samples;  // a few of them, raw: escape when shown
  Time first = kNoTime, last = kNoTime;
  std::vector<InputNote> notes;
};

// The working memory of a scan for literals: one for each thread.
struct Fronts {
  explicit Fronts(const SignatureSet& set)
      : all(set.front->clone()), hidden(set.hidden->clone()), traces(set.traces->clone()) {}
  std::unique_ptr<Front> all, hidden, traces;
};

struct FlowOptions {
  std::string format = "auto";
  std::chrono::seconds utc_offset{0};  // of stamps without a zone
  std::string service;                 // for everything read, instead of what formats name
  // A missing year: when were lines of a file with this mtime written at the latest? Empty: mtime.
  std::function<Time(Time mtime)> latest;
  std::shared_ptr<const TimeZone> zone;  // whose clocks they show, in the place of utc_offset
  bool shortcuts = true;  // false: every line is read in full, which finds the same, but slower
};

// A chunk, and what is known of its lines before they are read in order.
struct ReadyChunk {
  Chunk chunk;
  std::vector<char> bytes;  // where it does not stay where it is
  Skeletons skeletons;
  Shortcuts::Ahead ahead;
};

class SourceFlow : public FollowSink, RecordSink, SignalSink {
 public:
  // `source`: folder + "/" + base. `path`: of one of its files, to name the service by. `set`,
  // `fronts` and `report` are borrowed as long as the flow lives.
  SourceFlow(std::string source, const std::string& path, FlowOptions options,
             const SignatureSet& set, Fronts& fronts, ReadReport& report);

  Status turn_to(const Checkpoint& at, Time mtime) override;
  Status take(const Chunk& chunk) override;
  Status let_go(bool whole) override;
  Status lost(const Lost& lost) override;
  void note(const InputNote& note) override;
  Status moved(const Checkpoint& at) override;

  // As take(Chunk) of a chunk that look_ahead() has seen. Two threads may share a flow so: one
  // looks ahead, knowing its habit() behind an earlier chunk, the other does all else; and while
  // that one is in take_in(), to learn what it put off, the first stays away. (flow_ahead.h)
  void look_ahead(ReadyChunk& ready, uint32_t habit, const std::function<bool()>& enough);
  Status take(const ReadyChunk& ready);
  uint32_t habit() const;
  size_t lessons() const { return shortcuts_.lessons(); }
  void take_in() { shortcuts_.take_in(); }

  // Where each stream stood that was not let go of: as restored, and as read since.
  struct Position {
    uint64_t offset = 0, number = 0;
  };
  std::map<uint64_t, Position> positions() const;

  // Moves what was found since the last call into `batch`, and how far its streams are read.
  void drain(const Follower& follower, Batch& batch);
  size_t pending() const { return signals_.size() + facts_.size(); }
  bool facts_pending() const { return !facts_.empty(); }
  bool positions_moved() const { return !moved_.empty() || !relocated_.empty(); }
  // Bytes taken since state() was last called; true when a file was let go of since then.
  uint64_t unsaved() const { return unsaved_; }
  bool must_save() const { return must_save_; }

  // Does it hold something back until it sees more: a stack trace, a piece of a line?
  bool waiting() const;
  // What would be told if no more came, as provisional signals of the source. The flow is not
  // changed by it.
  std::vector<Signal> if_no_more();
  // As if_no_more(), at the end: blocks and pieces that wait are given up.
  std::vector<Signal> finish();

  std::string owner() const { return "sense:" + source_; }
  // All that was learned, with positions(). Sealed (core/state.h).
  std::string state();
  // False, and the flow is as new, when the blob is of another version or damaged.
  bool restore(std::string_view blob);

  // Of the source's last dated line, read now or before.
  Time last_time() const { return last_time_; }

 private:
  struct Reading {
    StreamInfo stream;
    uint64_t offset = 0, number = 0;
    bool dated = false;
    bool gone = false;  // let go of
  };

  void reset();
  Status take_lines(const Chunk& chunk, const Skeletons& skeletons, const Shortcuts::Ahead* ahead);
  bool take_shortcut(const Shortcut& way, const Line& line, uint32_t& habit);
  void pass_undated(const Line& line);
  void learn_shortcut(const Record& record, bool in_block);
  void turn_to(uint32_t place, std::string_view service, std::string_view lane);
  void on_record(const Record& record) override;
  void emit(Signal signal) override;
  void match(Match match) override;
  void driver_lost(const Record& record, const Anchor& at, std::string_view service);
  void tell_loss(Event event);
  void block_ended(const Block& block, std::string_view service, std::string_view lane);
  std::vector<Signal> say_last();

  const std::string source_, path_;
  const FlowOptions options_;
  const SignatureSet& set_;
  Fronts& fronts_;
  ReadReport& report_;
  Time last_time_ = kNoTime;

  static constexpr int kChunksBetween = 16;
  int chunks_before_lines_ = 1;  // that are looked at whole; 0: lines are looked at one by one
  std::optional<RecordReader> reader_;
  std::optional<Lanes> lanes_;
  std::map<std::pair<std::string, std::string>, BlockAssembler, std::less<>> assemblers_;
  std::optional<Senses> senses_;
  // Who the lines of a place belong to, by its number; and the number of the line before.
  struct Owner {
    BlockAssembler* assembler = nullptr;
    Senses::Unit* unit = nullptr;
  };
  std::vector<Owner> owners_;
  Owner owner_;
  uint32_t place_ = UINT32_MAX;

  std::map<uint64_t, Reading> readings_;
  Reading* at_ = nullptr;  // the stream turned to

  std::vector<Hit> chunk_hits_;
  std::vector<uint32_t> hits_;  // of the record being read
  bool delivered_ = false;      // the line gave a record
  Skeletons skeletons_;         // of the chunk
  Shortcuts shortcuts_;
  LineLiterals literals_;
  uint64_t key_ = 0;              // of the line being read; 0: it may not be learned
  const Shape* shape_ = nullptr;  // likewise
  Record passing_, undated_;
  StampMemory stamps_, inner_stamps_;
  Spots spots_;         // working memory
  std::string format_;  // of the latest record

  std::vector<Signal> signals_;
  SurvivedNotes survived_;
  std::vector<Event> facts_;
  std::set<uint64_t> moved_;           // streams whose checkpoint changed
  std::vector<Checkpoint> relocated_;  // known streams that lie elsewhere now
  uint64_t unsaved_ = 0;
  bool must_save_ = false;
};

}  // namespace blip
