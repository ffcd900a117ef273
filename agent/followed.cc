// /var/log/app.log with app.log.1 and app.log.2.gz, followed: a follower gives chunks, a flow
// senses them, and the agent drains both into its next commit. After ten quiet minutes all of it
// sleeps in the store.

#include "agent/followed.h"

#include <sys/stat.h>

#include <algorithm>

#include "agent/source_state.h"

namespace blip {
namespace {
constexpr uint64_t kSaveBytes = 1 << 20;              // at most this much is sensed again
constexpr auto kSaveEvery = std::chrono::minutes(5);  // or what came in so long
// After so long it says what it would say if no more came: soon where it holds back a stack trace,
// else when that is worth a write.
constexpr auto kQuiet = std::chrono::milliseconds(1000),
               kVeryQuiet = std::chrono::milliseconds(10'000);
constexpr auto kTailGrace = std::chrono::seconds(2);  // for the rest of a rotated file's last line
}  // namespace

Followed::Awake::Awake(const Followed& set, const SignatureSet& signatures, Fronts& fronts)
    : flow(set.name_, set.source_.files.empty() ? set.name_ : set.source_.files.front().path,
           {set.spec_.format, set.spec_.utc_offset, set.service_, {}, set.spec_.zone}, signatures,
           fronts, report) {}

Followed::Followed(uint64_t number, Source source, const AgentSource& spec, std::string service,
                   size_t chunk)
    : number_(number),
      source_(std::move(source)),
      name_(source_.folder + "/" + source_.base),
      spec_(spec),
      service_(std::move(service)),
      chunk_(chunk) {}

void Followed::files(std::vector<InputFile> now) {
  source_.files = std::move(now);
  if (awake_) awake_->follower->files(source_.files);
}

bool read_to_end(const std::string& path, const std::vector<Checkpoint>& known) {
  struct stat now;
  if (::stat(path.c_str(), &now) != 0) return false;
  return std::any_of(known.begin(), known.end(), [&now](const Checkpoint& one) {
    const FileIdentity& then = one.stream.file;
    if (then.dev != now.st_dev || then.ino != now.st_ino) return false;
    const bool packed = one.stream.path.ends_with(".gz") || one.stream.path.ends_with(".zst");
    return packed ? one.whole : one.offset == static_cast<uint64_t>(now.st_size);
  });
}

bool Followed::nothing_new(const std::vector<Checkpoint>& known) const {
  return std::all_of(source_.files.begin(), source_.files.end(),
                     [&known](const InputFile& file) { return read_to_end(file.path, known); });
}

Status Followed::wake(const Store& store, const std::vector<Checkpoint>& known,
                      const SignatureSet& set, Fronts& fronts, const StreamOwners& owners) {
  auto awake = std::make_unique<Awake>(*this, set, fronts);
  Result<SourceMemory> memory = remember(store, known, name_, awake->flow);
  if (!memory) return memory.error();
  state_lost_ = memory->state_lost;
  FollowOptions options{chunk_, false,
                        [this, &owners](uint64_t key) { return owners.taken(key, name_); }};
  awake->follower = std::make_unique<Follower>(source_.folder, source_.base, std::move(options),
                                               std::move(memory->streams));
  awake->follower->files(source_.files);
  awake_ = std::move(awake);
  heard_ = saved_ = Clock::now();
  concluded_ = hurried_ = false;
  return Done{};
}

Result<bool> Followed::pump(uint64_t budget, Clock::time_point now) {
  resting_ = false;
  const uint64_t before = awake_->report.bytes;
  const Result<bool> more = awake_->follower->pump(budget, awake_->flow);
  if (awake_->report.bytes != before) {
    heard_ = now;
    concluded_ = hurried_ = false;
  }
  return more;
}

bool Followed::tick(Clock::time_point now) {
  if (!awake_ || hurried_ || now - heard_ < kTailGrace) return false;
  awake_->follower->hurry();
  hurried_ = true;
  return true;
}

void Followed::rest() {
  if (!awake_ || resting_) return;
  awake_->follower->rest();
  resting_ = true;
}

void Followed::drain(Batch& batch, Clock::time_point now, bool save) {
  if (!awake_) return;
  SourceFlow& flow = awake_->flow;
  const bool due = flow.unsaved() >= kSaveBytes || now - saved_ >= kSaveEvery;
  flow.drain(*awake_->follower, batch);
  // What was only said until more came would stand in the way of what is said for good.
  if (said_) batch.provisional.try_emplace(name_);
  said_ = false;
  if (flow.must_save() || (flow.unsaved() > 0 && (due || save))) {
    batch.states[flow.owner()] = flow.state();
    saved_ = now;
  }
}

bool Followed::wants_to_conclude(Clock::time_point now) const {
  return awake_ && !concluded_ && now - heard_ >= (awake_->flow.waiting() ? kQuiet : kVeryQuiet);
}

void Followed::conclude(Batch& batch) {
  if (!awake_) return;
  batch.provisional[name_] = awake_->flow.if_no_more();
  concluded_ = true;
  said_ = true;
}

bool Followed::quiet_for(std::chrono::seconds span, Clock::time_point now) const {
  return awake_ && concluded_ && now - heard_ >= span && awake_->follower->behind() == 0;
}

std::vector<InputNote> Followed::take_notes() {
  return awake_ ? std::exchange(awake_->report.notes, {}) : std::vector<InputNote>{};
}

}  // namespace blip
