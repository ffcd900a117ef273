// sources: [{journal: {units: ["app-*.service"]}}]
//
// Each entry is a line of the spool, and the last line's cursor says where to go on. So the tails
// of boots that ended while nobody looked are read at the next start, like everything else.

#include <algorithm>

#include "agent/feeder.h"
#include "core/hash.h"
#include "tailer/journal.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;
constexpr uint64_t kSlice = 256 * 1024;  // bytes before other sources have their turn

class JournalFeeder : public Feeder {
 public:
  explicit JournalFeeder(JournalOptions options) : options_(std::move(options)) {}

  // Another choice of units is another log.
  std::string spool_name() const override {
    if (options_.units.empty() && options_.folder.empty()) return "journal.log";
    Hasher hash;
    hash.field(options_.folder);
    for (const std::string& unit : options_.units) hash.field(unit);
    char name[40];
    std::snprintf(name, sizeof name, "journal-%016llx.log",
                  static_cast<unsigned long long>(hash.value()));
    return name;
  }

  Status begin(Spool& spool, Time now) override {
    if (Status cut = spool.cut_torn_line(); !cut) return cut;
    Result<Journal> journal = Journal::open(options_);
    if (!journal) return journal.error();
    journal_.emplace(std::move(*journal));
    // What was read and could not be kept is still there; else the spool says how far it was.
    if (!lines_.empty()) cursor_ = cursor_of(last_of(lines_));
    if (cursor_.empty()) cursor_ = cursor_of(spool.last_line());
    more_ = true;
    return journal_->go_on_after(cursor_, now);
  }

  int fd() const override { return journal_ ? journal_->fd() : -1; }
  Clock::time_point due() const override {
    if (!journal_) return Clock::time_point::max();
    const uint64_t due = journal_->due();
    if (due == UINT64_MAX) return Clock::time_point::max();
    return Clock::time_point(std::chrono::microseconds(static_cast<int64_t>(due)));
  }

  Result<bool> feed(Spool& spool, Time) override {
    const Result<bool> changed = journal_->process();
    if (!changed) return changed.error();
    more_ |= *changed;
    if (!more_ && lines_.empty()) return false;
    if (lines_.empty()) {
      const Result<bool> more = journal_->read(kSlice, lines_);
      if (!more) return more.error();
      more_ = *more;
    }
    if (Status kept = spool.append(lines_); !kept) return kept.error();
    if (!lines_.empty()) cursor_ = cursor_of(last_of(lines_));
    lines_.clear();
    return more_;
  }

  std::vector<std::string> troubles() override {
    return journal_ ? journal_->troubles() : std::vector<std::string>{};
  }

 private:
  static std::string_view last_of(std::string_view lines) {
    lines.remove_suffix(1);
    return lines.substr(lines.rfind('\n') + 1);
  }

  JournalOptions options_;
  std::optional<Journal> journal_;
  std::string lines_;   // read, and not yet in the spool
  std::string cursor_;  // of the last entry kept or read
  bool more_ = true;
};
}  // namespace

std::shared_ptr<Feeder> journal_feeder(std::string folder, std::vector<std::string> units,
                                       std::chrono::seconds backfill) {
  JournalOptions options;
  options.folder = std::move(folder);
  options.units = std::move(units);
  options.backfill = backfill;
  return std::make_shared<JournalFeeder>(std::move(options));
}

}  // namespace blip
