// Bytes of a log as it lies on a disk:
//
//   1f 8b ...        gzip (RFC 1952), several members one after another as logrotate appends them
//   28 b5 2f fd ...  Zstandard (RFC 8878), several frames likewise
//   anything else    as it is
//
// and then, packed or not, text in one of the forms of text_form.h.
//
// A pipe cannot be rewound, so the first bytes are read once and given on.

#include "tailer/byte_source.h"

#include <fcntl.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.h"
#include "tailer/text_form.h"

namespace blip {
namespace {
constexpr size_t kPackedBuffer = 128 * 1024;  // read at once from a packed file

// read(2) to the last byte asked for, or the end.
Result<size_t> read_fd(int fd, char* to, size_t size, const std::string& path) {
  for (;;) {
    const ssize_t got = ::read(fd, to, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return Error{"read " + path + ": " + std::strerror(errno)};
  }
}

class PlainBytes : public ByteSource {
 public:
  PlainBytes(Fd fd, std::string path, std::string head)
      : fd_(std::move(fd)), path_(std::move(path)), head_(std::move(head)) {}

  Result<size_t> read(char* to, size_t size) override {
    if (given_ < head_.size()) {
      const size_t n = std::min(size, head_.size() - given_);
      std::memcpy(to, head_.data() + given_, n);
      given_ += n;
      taken_ += n;
      return n;
    }
    Result<size_t> got = read_fd(fd_.get(), to, size, path_);
    if (got) taken_ += *got;
    return got;
  }
  uint64_t taken() const override { return taken_; }

 private:
  Fd fd_;
  std::string path_, head_;
  size_t given_ = 0;
  uint64_t taken_ = 0;
};

class GzipBytes : public ByteSource {
 public:
  explicit GzipBytes(std::unique_ptr<PlainBytes> packed, std::string path)
      : packed_(std::move(packed)), path_(std::move(path)), buffer_(kPackedBuffer) {
    inflateInit2(&stream_, 15 + 16);  // 15: the largest window; +16: gzip only
  }
  ~GzipBytes() override { inflateEnd(&stream_); }

  Result<size_t> read(char* to, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(size, 1 << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room && !done_) {
      if (stream_.avail_in == 0) {
        const Result<size_t> got = packed_->read(buffer_.data(), buffer_.size());
        if (!got) return got.error();
        if (*got == 0) return ended(room - stream_.avail_out);
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      if (between_ && !next_member()) break;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) {
        between_ = true;
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        done_ = true;
        return Error{path_ + ": damaged gzip: " + (stream_.msg ? stream_.msg : "bad data") +
                     "; what came before was read"};
      }
    }
    return static_cast<size_t>(room - stream_.avail_out);
  }
  uint64_t taken() const override { return packed_->taken(); }

 private:
  Result<size_t> ended(size_t given) {
    done_ = true;
    if (!between_) return Error{path_ + ": truncated gzip; what could be unpacked was read"};
    return given;
  }
  // Another member follows, or padding that some tools write.
  bool next_member() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in == 0) return true;
    between_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  std::unique_ptr<PlainBytes> packed_;
  std::string path_;
  std::vector<char> buffer_;
  z_stream stream_{};
  bool between_ = false;  // a member has ended and no other begun
  bool done_ = false;
};

class ZstdBytes : public ByteSource {
 public:
  explicit ZstdBytes(std::unique_ptr<PlainBytes> packed, std::string path)
      : packed_(std::move(packed)), path_(std::move(path)), buffer_(kPackedBuffer) {}
  ~ZstdBytes() override { ZSTD_freeDCtx(context_); }

  Result<size_t> read(char* to, size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0 && !done_) {
      if (in_.pos == in_.size) {
        const Result<size_t> got = packed_->read(buffer_.data(), buffer_.size());
        if (!got) return got.error();
        if (*got == 0) {
          done_ = true;
          if (pending_ != 0) {
            return Error{path_ + ": truncated zstd; what could be unpacked was read"};
          }
          break;
        }
        in_ = {buffer_.data(), *got, 0};
      }
      pending_ = ZSTD_decompressStream(context_, &out, &in_);
      if (ZSTD_isError(pending_)) {
        done_ = true;
        return Error{path_ + ": damaged zstd: " + ZSTD_getErrorName(pending_) +
                     "; what came before was read"};
      }
    }
    return out.pos;
  }
  uint64_t taken() const override { return packed_->taken(); }

 private:
  std::unique_ptr<PlainBytes> packed_;
  std::string path_;
  std::vector<char> buffer_;
  ZSTD_DCtx* context_ = ZSTD_createDCtx();
  ZSTD_inBuffer in_{nullptr, 0, 0};
  size_t pending_ = 0;  // 0: a frame has just ended
  bool done_ = false;
};

// Text, made of bytes that are not; the form is told by the first of them.
class TextBytes : public ByteSource {
 public:
  TextBytes(std::unique_ptr<ByteSource> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)) {
    std::optional<TextForm> form;
    while (!form && raw_.size() < kTextHead && fetch(kTextHead - raw_.size())) {
      form = text_form(raw_);
    }
    form_ = form.value_or(TextForm::plain);
  }

  Result<size_t> read(char* to, size_t size) override {
    while (given_ == text_.size()) {
      const bool all_else = form_ == TextForm::plain && raw_.empty() && !error_;
      if (all_else) return source_->read(to, size);
      text_.clear();
      given_ = 0;
      const TextPart part = to_text(form_, at_, raw_, kRaw, text_);
      raw_.erase(0, part.taken);
      at_ += part.taken;
      if (!text_.empty()) break;
      if (part.damaged) return Error{path_ + ": a damaged record; what came before was read"};
      if (form_ == TextForm::plain || !fetch(kRaw)) {
        if (error_) return *error_;
        const bool torn = form_ == TextForm::docker_local && !raw_.empty();
        if (torn) return Error{path_ + ": ends within a record; what came before was read"};
        return size_t{0};
      }
    }
    const size_t n = std::min(size, text_.size() - given_);
    std::memcpy(to, text_.data() + given_, n);
    given_ += n;
    return n;
  }
  uint64_t taken() const override { return source_->taken(); }

 private:
  static constexpr size_t kRaw = 64 * 1024;

  // More into raw_; false at the end.
  bool fetch(size_t size) {
    if (at_end_) return false;
    const size_t have = raw_.size();
    raw_.resize(have + size);
    const Result<size_t> got = source_->read(raw_.data() + have, size);
    raw_.resize(have + (got ? *got : 0));
    if (!got) error_ = got.error();
    at_end_ = !got || *got == 0;
    return !at_end_;
  }

  std::unique_ptr<ByteSource> source_;
  std::string path_;
  TextForm form_ = TextForm::plain;
  std::string raw_, text_;  // not yet text; text not yet given
  size_t given_ = 0;        // of text_
  uint64_t at_ = 0;         // of raw_
  std::optional<Error> error_;
  bool at_end_ = false;
};

std::string open_advice(int why) {
  if (why == EACCES) return "; run as root, or as a user in the group that owns it (often adm)";
  if (why == ENOENT) return "; check the path";
  if (why == EMFILE) return "; too many files are open: raise ulimit -n";
  return "";
}
}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path) {
  Fd fd(path == "-" ? 0 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int why = errno;
    return Error{"open " + path + ": " + std::strerror(why) + open_advice(why)};
  }
  std::string head(4, '\0');
  size_t have = 0;
  while (have < head.size()) {
    const Result<size_t> got = read_fd(fd.get(), head.data() + have, head.size() - have, path);
    if (!got) return got.error();
    if (*got == 0) break;
    have += *got;
  }
  head.resize(have);
  const bool gzip = head.starts_with("\x1f\x8b");
  const bool zstd = head == "\x28\xb5\x2f\xfd";
  const bool as_it_is = !gzip && !zstd && text_form(head) == TextForm::plain;
  auto plain = std::make_unique<PlainBytes>(std::move(fd), path, std::move(head));
  if (as_it_is) return std::unique_ptr<ByteSource>(std::move(plain));
  std::unique_ptr<ByteSource> bytes;
  if (gzip) {
    bytes = std::make_unique<GzipBytes>(std::move(plain), path);
  } else if (zstd) {
    bytes = std::make_unique<ZstdBytes>(std::move(plain), path);
  } else {
    bytes = std::move(plain);
  }
  return std::unique_ptr<ByteSource>(new TextBytes(std::move(bytes), path));
}

bool looks_binary(std::string_view head) {
  static constexpr std::string_view kMagic[] = {
      "\x7f"
      "ELF",
      "\x89PNG",
      "SQLite format 3",
      "PK\x03\x04",
      "\xff\xd8\xff",
      "%PDF-",
      "GIF8",
      "LPKSHHRH"};
  for (const std::string_view magic : kMagic) {
    if (head.starts_with(magic)) return true;
  }
  // A writer without O_APPEND leaves a hole of NULs before its text: that is still a log.
  const size_t text = head.find_first_not_of('\0');
  if (text == std::string_view::npos) return false;
  head.remove_prefix(text);
  size_t odd = 0;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    odd += byte < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f' && c != '\x1b';
  }
  return odd * 10 > head.size();
}

}  // namespace blip
