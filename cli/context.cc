// Line 120442 of api.log.2.gz and its neighbours: the file is unpacked from its start and counted,
// because only what stood near a death is in the store. The file may be gone or rotated since: then
// this says so, and `why` goes on without it.

#include "cli/context.h"

#include <algorithm>

#include "cli/render/escape.h"
#include "tailer/byte_source.h"
#include "tailer/chunk_reader.h"

namespace blip {
namespace {
constexpr size_t kReadSize = 256 * 1024;
}

Result<std::vector<NumberedLine>> lines_around(const std::string& path, uint64_t number,
                                               size_t count) {
  if (path.empty() || path == "-") return Error{"it was read from standard input"};
  const uint64_t from = number > count ? number - count : 1, to = number + count;
  Result<std::unique_ptr<ByteSource>> source = open_bytes(path);
  if (!source) return source.error();
  ChunkReader reader(std::move(*source), kReadSize);
  std::vector<NumberedLine> lines;
  uint64_t at = 0;
  while (at < to) {
    Result<std::optional<Chunk>> chunk = reader.next();
    if (!chunk && lines.empty()) return chunk.error();
    if (!chunk || !*chunk) break;
    for (std::string_view rest = (*chunk)->text; !rest.empty() && at < to;) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      if (++at >= from)
        lines.push_back({at, std::string(rest.substr(0, std::min(end, kContextBytes)))});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (at < number)
    return Error{visible(path) + " has no line " + std::to_string(number) + " any more"};
  return lines;
}

}  // namespace blip
