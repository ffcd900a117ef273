// The records of Docker's `local` log driver, as the lines that its json-file driver would have
// written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace blip {

// What one record may hold: Docker writes pieces of 16 KiB. More is damage.
inline constexpr uint32_t kDockerRecordLimit = 1 << 20;

struct DockerRecords {
  size_t taken = 0;      // bytes of whole records
  bool damaged = false;  // what stands behind them is no record, and nor will it be
};

// Appends one line to `text` for each whole record at the beginning of `bytes`; stops behind the
// one by which `text` holds `enough`.
DockerRecords read_docker_records(std::string_view bytes, size_t enough, std::string& text);

// Bytes of a file's beginning that tell such records from anything else.
inline constexpr size_t kDockerHead = 13;
enum class DockerHead { no, too_short, yes };
DockerHead docker_head(std::string_view head);

}  // namespace blip
