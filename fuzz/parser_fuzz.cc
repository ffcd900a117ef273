// Any bytes as a log: the reader must give every line and neither crash, read past its padding, nor
// go on differently after its state was saved and restored in the middle.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "core/check.h"
#include "core/hash.h"
#include "parsers/reader.h"

namespace blip {
namespace {

// Counts, and touches every byte that a record shows.
class Digest : public RecordSink {
 public:
  void on_record(const Record& record) override {
    Hasher hasher;
    hasher.number(value).number(record.line.offset).number(record.line.cut);
    hasher.number(static_cast<uint64_t>(to_us(record.time)));
    hasher.field(level_name(record.level)).field(record.format).field(record.service);
    hasher.field(record.host).field(record.pid).field(record.version).field(record.message);
    for (const Field& field : record.fields) hasher.field(field.name).field(field.value);
    value = hasher.value();
  }
  uint64_t value = 0;
};

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace blip;
  // No more readable bytes behind the text than a line is promised.
  const std::unique_ptr<char[]> bytes(new char[size + kLinePadding]());
  if (size != 0) std::memcpy(bytes.get(), data, size);
  const std::string_view all(bytes.get(), size);

  RecordReader straight(ReaderOptions{});
  auto resumed = std::make_unique<RecordReader>(ReaderOptions{});
  Digest once, twice;
  uint64_t number = 0;
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(all.find('\n', at), size);
    const Line line{all.substr(at, end - at), at, end + 1, ++number, end == size};
    straight.read(line, once);
    resumed->read(line, twice);
    StateWriter out;
    resumed->save(out);
    const std::string blob = out.seal("fuzz", 1);
    StateReader in(blob, "fuzz", 1);
    resumed = std::make_unique<RecordReader>(ReaderOptions{});
    resumed->restore(in);
    at = end + 1;
  }
  straight.finish(once);
  resumed->finish(twice);
  BLIP_CHECK(once.value == twice.value, "a restored reader went on differently");
  return 0;
}
