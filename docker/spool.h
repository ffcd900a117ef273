// One container's lines on disk: raw frames of its streams, oldest first, become JSON lines of one
// rotated file that blip follows like any other log. Exact over kills: what was written can be told
// from what was not, because the same frames always give the same lines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.h"
#include "docker/stream.h"

namespace blip::docker {

struct SpoolLimits {
  uint64_t file = 16 << 20;  // bytes after which a file is rotated
  int files = 4;             // of one container: the live one and its elders
};

class Spool {
 public:
  // `run`: where raw files and notes lie; `folder`: where lines go.
  Spool(std::string run, std::string folder, std::string container, SpoolLimits limits);

  void add(std::shared_ptr<Stream> stream);
  bool idle() const { return streams_.empty(); }

  enum class Progress { nothing, some, blocked };
  // Writes one batch. `blocked`: the disk did not take it; try again later. `freed` is called with
  // the bytes of raw frames that need no room any more.
  Progress advance(const std::function<void(uint64_t)>& freed);

  // What went wrong last, in words; "" when nothing is wrong.
  const std::string& trouble() const { return trouble_; }

 private:
  bool open();
  bool begin(const Stream& stream);
  bool flush();
  void finish();
  void rotate();
  void retire(const std::shared_ptr<Stream>& stream);
  std::string path(int age) const;

  const std::string run_, folder_, container_;
  const SpoolLimits limits_;
  std::vector<std::shared_ptr<Stream>> streams_;  // by number
  Fd file_, note_;
  uint64_t size_ = 0;  // of the live file
  // The batch at hand.
  std::shared_ptr<Stream> from_;
  uint64_t until_ = 0;  // of its raw bytes
  std::string lines_;   // of it that are not written yet
  std::string bytes_;   // scratch
  // Left by a process that was killed: of the stream with this key, from this raw offset on, so
  // many bytes of lines are written already.
  std::string cut_key_;
  uint64_t cut_from_ = 0, cut_written_ = 0;
  std::string trouble_;
};

}  // namespace blip::docker
