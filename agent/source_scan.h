// One source from bytes to signals: the contents page of the flow.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/lanes.h"
#include "agent/scan.h"
#include "agent/shortcuts.h"
#include "agent/years.h"
#include "parsers/blocks/assembler.h"
#include "parsers/reader.h"
#include "rules/sense/senses.h"
#include "store/store.h"
#include "tailer/chunk_reader.h"
#include "tailer/inputs.h"

namespace blip {

// Which source each stream in the store belongs to, and the path it was read from. Two hosts'
// stderr files may begin alike; they are different streams all the same.
using StreamOwners = std::map<uint64_t, StreamInfo>;

class SourceScan : RecordSink, SignalSink {
 public:
  // All borrowed until the scan is done; findings go to the store in batches.
  SourceScan(const Source& source, const ScanOptions& options, const SignatureSet& set,
             Store& store, ScanReport& report, const YearHint& years, StreamOwners& owners);

  // Reads all files of the source, from where the store's state stands. Fails when the store does.
  // `progress` is told packed bytes as they are taken.
  Status run(const std::function<bool(uint64_t taken)>& progress);

  // Of the source's last dated line, read now or by an earlier scan.
  Time last_time() const { return last_time_; }

 private:
  struct Position {
    uint64_t stream = 0, offset = 0, number = 0;
  };

  Status run_file(const InputFile& file, bool live, const std::function<bool(uint64_t)>& progress);
  void begin_stream(const InputFile& file, std::string_view first_line);
  bool already_read(const InputFile& file) const;
  void read_chunk(const Chunk& chunk);
  void look_for_literals(std::string_view line);
  bool find_stamp(std::string_view line);
  uint64_t shortcut_key(std::string_view line) const;
  bool take_shortcut(const Line& line, uint64_t key);
  void learn_shortcut(const Record& record);
  void on_record(const Record& record) override;
  void emit(Signal signal) override;
  void block_ended(const Block& block, std::string_view service, std::string_view lane);
  Status end_file(const InputFile& file, bool whole);
  Status commit_if_full();
  void finish();

  std::string owner() const { return "sense:" + source_.folder + "/" + source_.base; }
  std::string save() const;
  bool restore(std::string_view blob);
  void reset();

  const Source& source_;
  const ScanOptions& options_;
  const SignatureSet& set_;
  Store& store_;
  ScanReport& report_;
  const YearHint& years_;
  StreamOwners& owners_;
  Time last_time_ = kNoTime;
  std::map<uint64_t, Checkpoint> known_;         // checkpoints of this source, by stream
  std::map<std::string, uint64_t> first_lines_;  // how many files so far began with it

  std::unique_ptr<Front> front_, valued_;
  bool steady_ = false;  // most lines of the last chunk took the short cut
  std::optional<RecordReader> reader_;
  std::optional<Lanes> lanes_;
  std::map<std::pair<std::string, std::string>, BlockAssembler, std::less<>> assemblers_;
  BlockAssembler* assembler_ = nullptr;  // of the line before
  uint32_t turn_ = 0;                    // Lanes::Place::turn of the line before
  std::optional<Senses> senses_;
  Position at_;        // what has been read
  Position restored_;  // where the stored state stands; stream 0: none

  std::vector<Hit> chunk_hits_;
  std::vector<Hit> line_hits_;
  std::vector<uint32_t> hits_;  // of the record being read
  bool delivered_ = false;      // the line gave a record
  Shortcuts shortcuts_;
  uint64_t key_ = 0;  // masked_line() of the line being read; 0: it may not be learned
  Record passing_;
  std::string stamp_text_;  // at the head of the latest line that had one, with what ends it
  Time stamp_time_ = kNoTime;
  std::string tail_;  // the last bytes read: the marker
  std::string formats_;
  StreamInfo stream_;
  bool dated_ = false;
  std::string state_;  // before an unterminated last line
  Batch batch_;
};

}  // namespace blip
