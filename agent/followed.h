// One rotation set as the agent follows it. Awake it holds a follower and all that was learned of
// its lines; asleep only its name and files, and the store holds the rest.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/source_flow.h"
#include "agent/stream_owners.h"
#include "store/store.h"
#include "tailer/follower.h"

namespace blip {

// Is all that the file system says of `path` in the store?
bool read_to_end(const std::string& path, const std::vector<Checkpoint>& known);

class Followed {
 public:
  using Clock = std::chrono::steady_clock;

  // `number`: its place among all that were met. `spec` is borrowed for good. `service`: for
  // everything read; "": as its lines and path say.
  Followed(uint64_t number, Source source, const AgentSource& spec, std::string service,
           size_t chunk);

  uint64_t number() const { return number_; }
  const std::string& name() const { return name_; }
  const Source& source() const { return source_; }
  bool awake() const { return awake_ != nullptr; }

  // As the set lies in its folder now.
  void files(std::vector<InputFile> now);
  // Is every file read to its end, as far as the file system says? Then there is no need to wake.
  bool nothing_new(const std::vector<Checkpoint>& known) const;

  // `known`: the stored checkpoints of this source. The rest is borrowed while it is awake.
  Status wake(const Store& store, const std::vector<Checkpoint>& known, const SignatureSet& set,
              Fronts& fronts, const StreamOwners& owners);
  // Reads a slice. True: there is more at once.
  Result<bool> pump(uint64_t budget, Clock::time_point now);
  // Unterminated tails of rotated and removed files are given up after a while. True: that is now;
  // pump it.
  bool tick(Clock::time_point now);
  bool open() const { return awake_ && !resting_; }
  // Closes its files until the next pump.
  void rest();

  // What was found since, into the batch; with the state, when it is time to save that.
  void drain(Batch& batch, Clock::time_point now, bool save);
  bool moved() const {
    return awake_ && (awake_->flow.positions_moved() || awake_->flow.pending() > 0);
  }
  size_t pending() const { return awake_ ? awake_->flow.pending() : 0; }
  bool facts_pending() const { return awake_ && awake_->flow.facts_pending(); }
  // Tells what would be said if no more came, once in each quiet spell.
  bool wants_to_conclude(Clock::time_point now) const;
  void conclude(Batch& batch);

  // Has all been said, and has nothing come for so long?
  bool quiet_for(std::chrono::seconds span, Clock::time_point now) const;
  // Does the store hold all that was learned? Then its memory can be given back.
  bool saved() const { return !awake_ || awake_->flow.unsaved() == 0; }
  void sleep() { awake_.reset(); }

  const ReadReport* report() const { return awake_ ? &awake_->report : nullptr; }
  std::vector<InputNote> take_notes();
  uint64_t behind() const { return awake_ ? awake_->follower->behind() : 0; }
  bool state_lost() const { return state_lost_; }

 private:
  struct Awake {
    Awake(const Followed& set, const SignatureSet& signatures, Fronts& fronts);
    ReadReport report;
    SourceFlow flow;
    std::unique_ptr<Follower> follower;
  };

  uint64_t number_;
  Source source_;
  std::string name_;
  const AgentSource& spec_;
  std::string service_;
  size_t chunk_;
  std::unique_ptr<Awake> awake_;
  bool state_lost_ = false;
  bool concluded_ = false;
  bool said_ = true;      // there may be provisional signals in the store
  bool hurried_ = false;  // unterminated tails have been given up in this quiet spell
  bool resting_ = false;
  Clock::time_point heard_{};  // when something came last
  Clock::time_point saved_{};
};

}  // namespace blip
