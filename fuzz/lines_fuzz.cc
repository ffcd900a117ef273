// Any bytes as a log: chunks, records, blocks, sensors, and their state saved and restored half
// way. Must not crash, and restoring must change nothing.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "parsers/blocks/assembler.h"
#include "parsers/reader.h"
#include "rules/sense/senses.h"
#include "tailer/lines.h"

namespace blip {
namespace {
class Bytes : public ByteSource {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  Result<size_t> read(char* to, size_t size) override {
    const size_t n = std::min(size, text_.size());
    std::memcpy(to, text_.data(), n);
    text_.remove_prefix(n);
    return n;
  }
  uint64_t taken() const override { return 0; }

 private:
  std::string_view text_;
};

// All that one stream's reading says, as text; `restart_at`: the line before which all state is
// saved and restored.
class Reading : RecordSink, SignalSink {
 public:
  explicit Reading(const SignatureSet& set)
      : set_(set), reader_(std::make_unique<RecordReader>(ReaderOptions{})), senses_(set) {}

  std::string read(std::string_view text, size_t chunk, uint64_t restart_at) {
    ChunkReader chunks(std::make_unique<Bytes>(text), chunk);
    const auto front = set_.front->clone();
    std::vector<Hit> hits;
    uint64_t number = 0;
    for (auto next = chunks.next(); next && *next; next = chunks.next()) {
      for_each_line(**next, number, [&](const Line& line) {
        if (line.number == restart_at) save_and_restore();
        front->scan(line.text, hits);
        hits_.clear();
        for (const Hit& hit : hits) hits_.push_back(hit.signature);
        std::sort(hits_.begin(), hits_.end());
        reader_->read(line, *this);
      });
    }
    reader_->finish(*this);
    if (const auto block = assembler_.finish()) out_ += block->summary.message;
    return std::move(out_);
  }

 private:
  void on_record(const Record& record) override {
    out_.append(record.format).append(record.service).append(record.pid).append(record.message);
    out_ += std::to_string(to_us(record.time)) + '\n';
    const Anchor at{1, record.line.offset, record.line.number};
    if (known(record.time)) time_ = record.time;
    const auto outcome = assembler_.feed(record.message, known(record.time), at, time_);
    if (outcome.ended) out_ += outcome.ended->summary.message + outcome.ended->summary.frame;
    senses_.turn_to(senses_.unit(record.service, ""));
    senses_.observe(record, at, time_, record.quality, hits_, outcome.inside, *this);
  }
  void emit(Signal signal) override {
    out_.append(signal_name(signal.kind)).append(signal.subject).append(signal.detail) += '\n';
  }
  void match(Match match) override { out_.append(match.rule->id) += '\n'; }
  void save_and_restore() {
    StateWriter out;
    reader_->save(out);
    assembler_.save(out);
    senses_.save(out);
    const std::string blob = out.seal("fuzz", 1);
    StateReader in(blob, "fuzz", 1);
    reader_ = std::make_unique<RecordReader>(ReaderOptions{});
    assembler_ = BlockAssembler();
    reader_->restore(in);
    assembler_.restore(in);
    if (!senses_.restore(in) || !in.at_end()) std::abort();
  }

  const SignatureSet& set_;
  std::unique_ptr<RecordReader> reader_;
  BlockAssembler assembler_;
  Senses senses_;
  std::vector<uint32_t> hits_;
  Time time_ = kNoTime;  // of the latest dated line
  std::string out_;
};
}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const blip::SignatureSet set(blip::builtin_signatures());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string whole = blip::Reading(set).read(text, 1 << 16, 0);
  const std::string pieces = blip::Reading(set).read(text, 1 + size % 7, 2 + size % 5);
  if (whole != pieces) std::abort();
  return 0;
}
