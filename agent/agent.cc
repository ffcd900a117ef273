// The agent's loop, as a contents page:
//
//   wait      for a change, or until something is due
//   feed      what stands in no file into spools, which are logs like any other
//   look      which sets changed; when names did, list the folders again
//   read      a slice of each set that has more, in turns, so that a firehose starves nobody
//   commit    at once when there are facts, else when 50 ms or 1,000 signals have gathered; where
//             nothing was found, how far was read is kept once a second
//   judge     the services that were touched
//   tidy      once a second: last words of quiet sets, states, sleep, status
//
// While the store cannot be written, what was read is kept and nothing more is read: logs wait on
// the disk better than in memory.

#include "agent/agent.h"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "agent/due_services.h"
#include "agent/fed_spool.h"
#include "agent/followed.h"
#include "agent/full_disks.h"
#include "agent/json_text.h"
#include "agent/judging.h"
#include "agent/stream_owners.h"
#include "rules/signature_set.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint64_t kSlice = 256 * 1024;       // bytes of one set before it is the next one's turn
constexpr uint64_t kRound = 2 * 1024 * 1024;  // bytes read before commits and judges are looked at
constexpr size_t kOpenSets = 1024;            // the files of more are closed between reads
constexpr size_t kOtherFiles = 256;           // descriptors for all else
constexpr size_t kAwakeSets = 128;            // more than these fall asleep after kNap
constexpr size_t kSavesAtOnce = 64;           // states kept in one second so that sets can sleep
constexpr auto kNap = std::chrono::seconds(10);
constexpr size_t kBatchSignals = 1000;
constexpr auto kBreath = milliseconds(100);          // between two looks, so that each finds more
constexpr auto kEager = milliseconds(1000);          // but not so soon after a fact
constexpr auto kBatchWait = milliseconds(50);        // for a batch without facts
constexpr auto kPositionWait = milliseconds(1000);   // for one of positions alone
constexpr auto kPatience = milliseconds(200);        // for another process that writes to the store
constexpr auto kRetry = milliseconds(250);           // after a commit that failed
constexpr auto kJudgeSoon = milliseconds(50);        // after a signal that may change a verdict
constexpr auto kJudgeLater = milliseconds(5000);     // after one of the dense kinds
constexpr auto kJudgeTurn = milliseconds(5);         // before it is reading's turn again
constexpr auto kAskAgain = std::chrono::minutes(1);  // on the clock of the logs
constexpr auto kTidyEvery = milliseconds(1000);
constexpr auto kStatusEvery = milliseconds(5000);
constexpr int kSourcesEvery = 6;                  // of these: the table of sources is written
constexpr auto kStopWithin = milliseconds(1500);  // for reading what is there when asked to end
constexpr int kListShare = 20;  // listing all folders took d: not again before 20 d

Time wall_clock() { return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now()); }

// How many sets may stay open, once the soft limit is as high as it may be.
size_t open_sets() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOtherFiles;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, 2 * (kOpenSets + kOtherFiles));
  if (limit.rlim_cur < wanted) {
    const rlimit more = {wanted, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) limit.rlim_cur = wanted;
  }
  // A set may have two files open for a while.
  return std::min<size_t>(kOpenSets,
                          (std::max<rlim_t>(limit.rlim_cur, kOtherFiles) - kOtherFiles) / 2 + 1);
}

bool dense(SignalKind kind) {
  return kind == SignalKind::sample || kind == SignalKind::progress || kind == SignalKind::pause ||
         kind == SignalKind::rare_line;
}

struct ByNumber {
  using is_transparent = void;
  bool operator()(const Followed* a, const Followed* b) const { return a->number() < b->number(); }
  bool operator()(const Followed* a, uint64_t b) const { return a->number() < b; }
  bool operator()(uint64_t a, const Followed* b) const { return a < b->number(); }
};
using FollowedSets = std::set<Followed*, ByNumber>;

class Agent {
 public:
  Agent(const std::string& path, Store store, const AgentOptions& options, const AgentHooks& hooks)
      : store_(std::move(store)),
        spools_(path + "-spool"),
        options_(options),
        sources_(options.sources),
        hooks_(hooks),
        set_([&options] {
          std::vector<Signature> all = builtin_signatures();
          all.insert(all.end(), options.rules.begin(), options.rules.end());
          std::erase_if(all,
                        [&](const Signature& one) { return options.disable.count(one.id) > 0; });
          return all;
        }()),
        fronts_(set_),
        watcher_(options.watch),
        retention_(path, options.retention, Clock::now()) {}

  Status begin();
  Status run();

 private:
  void wait();
  void feed();
  void look();
  void list();
  void read();
  bool pump(Followed& set);
  void commit_if_due();
  void commit();
  void judge_if_due(bool all);
  void tidy();
  void heed_marks();
  void forget_old();
  void heed_silence(bool all);
  void end();
  void trouble(const std::string& what, const std::string& text);
  void health(const std::string& what, Severity severity, const std::string& text);
  void write_status(bool running);
  Json source_table() const;
  void say(const std::string& text) const {
    if (hooks_.log) hooks_.log(text);
  }
  Clock::time_point next_due() const;

  Store store_;
  const std::string spools_;  // folder
  const AgentOptions& options_;
  std::vector<AgentSource> sources_;
  std::vector<FedSpool> fed_;
  const AgentHooks& hooks_;
  SignatureSet set_;
  Fronts fronts_;
  Watcher watcher_;
  Retention retention_;
  FullDisks full_disks_;
  const Time started_ = wall_clock();

  std::map<std::string, std::unique_ptr<Followed>> sets_;  // by name
  std::map<std::string, std::vector<Checkpoint>> known_;   // stored checkpoints, by source
  std::unique_ptr<StreamOwners> owners_;
  uint64_t met_ = 0;      // sets so far
  FollowedSets dirty_;    // may have more to read
  FollowedSets touched_;  // have something to drain
  uint64_t turn_ = 0;     // number of the set whose slice was read last
  std::set<std::string> folders_;

  bool list_again_ = true;
  Clock::time_point list_at_{};
  Batch batch_;
  Clock::time_point commit_at_ = Clock::time_point::max();  // at the latest
  std::optional<Clock::time_point> stuck_;  // since when the store cannot be written
  Clock::time_point retry_at_{}, tidy_at_{}, status_at_{}, looked_{}, eager_until_{};
  int sources_in_ = 0;  // turns of write_status()
  std::string stuck_text_;
  DueServices due_;  // to be judged
  Watched watched_;
  Stops stops_;
  Outside outside_;
  Dues dues_;               // when the silent ones are to be, on the clock of the logs
  Dues asked_;              // the time in the logs when one was judged for that
  Time logs_at_ = kNoTime;  // the latest time in any log
  size_t pending_ = 0;      // signals found and not yet drained
  size_t open_ = 0;         // sets whose files are open
  size_t open_sets_ = open_sets();
  size_t marks_ = 0;  // heeded so far
};

Status Agent::begin() {
  const Result<std::vector<Checkpoint>> stored = store_.checkpoints();
  if (!stored) return stored.error();
  for (const Checkpoint& one : *stored) {
    known_[one.stream.source].push_back(one);
    watched_.learn(one.stream);
  }
  owners_ = std::make_unique<StreamOwners>(*stored);
  const Result<StatusTable> before = store_.status();
  if (!before) return before.error();
  const auto said = before->find("agent");
  const Json last = said == before->end() ? Json() : Json::parse(said->second, nullptr, false);
  if (last.is_object() && last.value("running", false)) {
    health("unclean_end", Severity::warning,
           "the agent ended without a word; it was last seen at " +
               last.value("seen", std::string("an unknown time")) + ". Nothing is lost by it");
    // What was committed may not have been judged yet.
    const Status judged = judge_all(store_);
    if (!judged) return judged.error();
  }
  Result<Stops> stops = Stops::of(store_);
  if (!stops) return stops.error();
  stops_ = std::move(*stops);
  Result<Outside> outside = Outside::of(store_);
  if (!outside) return outside.error();
  outside_ = std::move(*outside);
  if (!options_.refused.empty()) health("config", Severity::error, options_.refused);
  // Who is silent since before the start gets a due time.
  const Result<std::vector<std::string>> services = store_.services();
  if (!services) return services.error();
  for (const std::string& service : *services) due_.ask(service, Clock::now() + kJudgeLater);
  for (AgentSource& source : sources_) {
    if (!source.feeder) continue;
    fed_.emplace_back(source.feeder, spools_ + "/" + source.feeder->spool_name());
    source.patterns.include = {fed_.back().path()};
  }
  write_status(true);
  return Done{};
}

Status Agent::run() {
  feed();
  look();
  read();
  bool ready = false;
  while (!hooks_.stop || !hooks_.stop()) {
    if (!ready && !list_again_) {
      ready = true;
      if (hooks_.ready) hooks_.ready();
    }
    wait();
    feed();
    look();
    read();
    commit_if_due();
    judge_if_due(false);
    if (Clock::now() >= tidy_at_) tidy();
    if (hooks_.alive) hooks_.alive();
  }
  end();
  return Done{};
}

Clock::time_point Agent::next_due() const {
  Clock::time_point due = std::min(watcher_.due(), tidy_at_);
  if (list_again_) due = std::min(due, list_at_);
  if (stuck_) return std::min(due, retry_at_);
  if (!dirty_.empty()) return Clock::now();
  due = std::min(due, commit_at_);
  for (const FedSpool& one : fed_) due = std::min(due, one.due(Clock::now()));
  return std::min(due, due_.due());
}

void Agent::wait() {
  const auto until = [](Clock::time_point due) {
    const auto left = std::chrono::ceil<milliseconds>(due - Clock::now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1000));
  };
  std::vector<pollfd> fds = {{hooks_.stop_fd, POLLIN, 0}};
  const Clock::time_point due = next_due(), breath = looked_ + kBreath;
  if (const auto now = Clock::now(); dirty_.empty() && now >= eager_until_ && now < breath) {
    ::poll(fds.data(), 1, until(std::min(due, breath)));  // EINTR and errors alike: look again
  }
  fds.push_back({watcher_.fd(), POLLIN, 0});
  for (const FedSpool& one : fed_) fds.push_back({stuck_ ? -1 : one.fd(), POLLIN, 0});
  ::poll(fds.data(), fds.size(), (fds[0].revents & POLLIN) != 0 ? 0 : until(due));
  looked_ = Clock::now();
}

void Agent::feed() {
  if (stuck_) return;
  for (FedSpool& one : fed_) {
    for (const std::string& text : one.feed(Clock::now(), wall_clock())) trouble("source", text);
  }
}

void Agent::look() {
  for (const Change& change : watcher_.take()) {
    list_again_ |= change.names;
    if (change.name.empty()) {
      for (const auto& [name, set] : sets_) {
        if (set->source().folder == change.folder) dirty_.insert(set.get());
      }
      continue;
    }
    const auto found =
        sets_.find(change.folder + "/" + std::string(split_rotated(change.name).base));
    if (found != sets_.end()) dirty_.insert(found->second.get());
  }
  for (const std::string& text : watcher_.troubles()) trouble("watch", text);
  if (list_again_ && Clock::now() >= list_at_) list();
}

void Agent::list() {
  const Clock::time_point began = Clock::now();
  list_again_ = false;
  const Time oldest = wall_clock() - options_.backfill;
  for (const AgentSource& spec : sources_) {
    Found found = find_sources(spec.patterns);
    for (const std::string& folder : found.folders) {
      if (folders_.insert(folder).second) watcher_.watch(folder);
    }
    for (Source& source : found.sources) {
      const std::string name = source.folder + "/" + source.base;
      auto [entry, fresh] = sets_.try_emplace(name);
      const auto stored = known_.find(name);
      if (fresh) {
        std::string service = spec.service;
        if (spec.owner && service.empty()) {
          std::optional<std::string> owner = spec.owner(source);
          if (!owner) {
            sets_.erase(entry);
            continue;
          }
          service = *std::move(owner);
        }
        std::erase_if(source.files, [&](const InputFile& file) {
          return stored == known_.end() && known(file.mtime) && file.mtime < oldest;
        });
        entry->second =
            std::make_unique<Followed>(++met_, source, spec, std::move(service), options_.chunk);
      }
      Followed& set = *entry->second;
      set.files(std::move(source.files));
      const bool same = stored != known_.end() && set.nothing_new(stored->second);
      if (set.awake() || !same) dirty_.insert(&set);
    }
  }
  list_at_ = Clock::now() + (Clock::now() - began) * kListShare;
}

void Agent::read() {
  if (stuck_) return;
  // In the order of names, going on behind the set that was read last, each once.
  uint64_t budget = kRound;
  size_t left = dirty_.size();
  while (left-- > 0 && budget > 0) {
    auto at = dirty_.upper_bound(turn_);
    if (at == dirty_.end()) at = dirty_.begin();
    Followed& set = **at;
    turn_ = set.number();
    const size_t before = set.pending();
    const bool was_open = set.open();
    const bool more = pump(set);
    pending_ += set.pending() - before;
    if (!more) {
      dirty_.erase(at);
      // Few descriptors, however many files. First come, first kept: of files that are written to
      // in turns, those used last would never be those used next.
      if (!was_open && open_ >= open_sets_) set.rest();
    }
    open_ += set.open() && !was_open ? 1 : 0;
    if (set.moved()) {
      touched_.insert(&set);
      const auto wait = set.facts_pending() ? milliseconds(0)
                        : set.pending() > 0 ? kBatchWait
                                            : kPositionWait;
      commit_at_ = std::min(commit_at_, Clock::now() + wait);
    }
    budget -= std::min(budget, kSlice);
  }
}

// True: it has more.
bool Agent::pump(Followed& set) {
  if (!set.awake()) {
    const auto stored = known_.find(set.name());
    const std::vector<Checkpoint> none;
    const Status woken =
        set.wake(store_, stored == known_.end() ? none : stored->second, set_, fronts_, *owners_);
    if (!woken) {
      trouble("store", woken.error().text);
      return true;
    }
    if (set.state_lost()) {
      health("state", Severity::warning,
             "what was learned of " + set.name() + " could not be used and is learned anew");
    }
  }
  const Result<bool> more = set.pump(kSlice, Clock::now());
  for (const InputNote& note : set.take_notes()) trouble(note.path, note.path + ": " + note.text);
  return more && *more;
}

void Agent::commit_if_due() {
  if (stuck_) {
    if (Clock::now() >= retry_at_) commit();
    return;
  }
  if (pending_ >= kBatchSignals || Clock::now() >= commit_at_) commit();
}

void Agent::commit() {
  const Clock::time_point now = Clock::now();
  if (!stuck_) {
    for (Followed* set : touched_) set->drain(batch_, now, false);
    touched_.clear();
    pending_ = 0;
  }
  commit_at_ = Clock::time_point::max();
  if (!batch_.facts.empty()) eager_until_ = now + kEager;
  const Status kept = store_.commit(batch_);
  if (!kept) {
    if (!stuck_) {
      stuck_ = now;
      say(kept.error().text + "; reading waits");
    }
    stuck_text_ = kept.error().text;
    retry_at_ = now + kRetry;
    return;
  }
  for (const Checkpoint& one : batch_.checkpoints) {
    logs_at_ = std::max(logs_at_, one.stream.last);
    owners_->own(one.stream);
    watched_.learn(one.stream);
    std::vector<Checkpoint>& known = known_[one.stream.source];
    const auto found = std::find_if(known.begin(), known.end(), [&one](const Checkpoint& other) {
      return other.stream.key == one.stream.key;
    });
    if (found == known.end())
      known.push_back(one);
    else
      *found = one;
  }
  const auto touch = [&](const Signal& signal) {
    due_.ask(signal.service, now + (dense(signal.kind) ? kJudgeLater : kJudgeSoon));
  };
  for (const Signal& signal : batch_.signals) touch(signal);
  for (const auto& [source, signals] : batch_.provisional) {
    for (const Signal& signal : signals) touch(signal);
  }
  batch_ = {};
  if (stuck_) {
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now - *stuck_).count();
    stuck_.reset();
    health("store", Severity::error,
           "the store could not be written for " + std::to_string(waited) + " s (" + stuck_text_ +
               "); reading waited, nothing is lost by it");
  }
}

void Agent::judge_if_due(bool all) {
  const Clock::time_point until = Clock::now() + kJudgeTurn;
  while (!stuck_ && !due_.empty()) {
    const Clock::time_point began = Clock::now();
    if (!all && (began < due_.due() || began > until)) return;  // reading comes first
    const std::string service = due_.take();
    const Status judged = judge(store_, {service}, watched_, stops_, outside_, &dues_);
    const Clock::time_point done = Clock::now();
    due_.took(service, done, done - began);
    if (!judged) {
      trouble("judge", judged.error().text);
      if (all) return;
      due_.ask(service, done + kRetry);
    }
  }
}

void Agent::tidy() {
  const Clock::time_point now = Clock::now();
  tidy_at_ = now + kTidyEvery;
  if (stuck_) return;
  const size_t awake = static_cast<size_t>(std::count_if(
      sets_.begin(), sets_.end(), [](const auto& one) { return one.second->awake(); }));
  const auto sleep_after =
      awake > kAwakeSets ? std::min(kNap, options_.sleep_after) : options_.sleep_after;
  size_t saves = 0, slept = 0;
  for (const auto& [name, set] : sets_) {
    if (!set->awake()) continue;
    if (set->tick(now)) dirty_.insert(set.get());
    if (dirty_.count(set.get()) > 0 || set->moved()) continue;
    if (set->wants_to_conclude(now)) {
      set->drain(batch_, now, false);
      set->conclude(batch_);
    } else if (set->quiet_for(sleep_after, now)) {
      if (set->saved()) {
        set->sleep();
        ++slept;
      } else if (saves++ < kSavesAtOnce) {
        set->drain(batch_, now, true);
      }
    } else if (set->quiet_for(options_.rest_after, now)) {
      set->rest();
    }
  }
  if (slept > 0) ::malloc_trim(0);
  open_ = static_cast<size_t>(std::count_if(sets_.begin(), sets_.end(),
                                            [](const auto& one) { return one.second->open(); }));
  for (FedSpool& one : fed_) {
    if (Status tidied = one.tidy(known_[one.path()]); !tidied)
      trouble("source", tidied.error().text);
  }
  if (!batch_.empty()) commit();
  forget_old();
  heed_marks();
  heed_silence(false);
  if (now >= status_at_) {
    status_at_ = now + kStatusEvery;
    for (const std::string& folder : full_disks_.look(folders_)) {
      trouble("disk", "the disk of " + folder +
                          " is full: what is logged there is lost before it is written, and its "
                          "services seem silent; free some");
    }
    write_status(true);
  }
}

// `blip mark` writes beside us: what it announces is judged again.
void Agent::heed_marks() {
  const Result<std::vector<Mark>> marks = store_.marks();
  if (!marks || marks->size() == marks_) return;
  marks_ = marks->size();
  const Result<std::vector<std::string>> services = store_.services();
  if (!services) return;
  for (const std::string& service : *services) {
    due_.ask(service, Clock::now());
  }
}

void Agent::forget_old() {
  const Result<std::optional<Pruned>> forgot = retention_.tick(Clock::now(), wall_clock());
  if (!forgot) return trouble("retention", forgot.error().text);
  if (!*forgot) return;
  say("forgot " + std::to_string((*forgot)->events) + " events and " +
      std::to_string((*forgot)->signals) + " signals from before " +
      format_rfc3339((*forgot)->before));
}

// Time went on in the logs: who said nothing meanwhile may have fallen silent, and what a rule
// waited for has not come.
void Agent::heed_silence(bool all) {
  for (const auto& [service, due] : dues_) {
    Time& asked = asked_.try_emplace(service, kNoTime).first->second;
    const bool asked_for_it = known(asked) && asked >= due;
    if (due > logs_at_ || (!all && asked_for_it && logs_at_ < asked + kAskAgain)) continue;
    asked = logs_at_;
    due_.ask(service, Clock::now());
  }
}

// Everything that is there now is read, committed and judged; bounded, for who asks to end waits.
void Agent::end() {
  const Clock::time_point until = Clock::now() + kStopWithin;
  if (stuck_) commit();
  if (!stuck_ && hooks_.for_good && hooks_.for_good()) {
    for (FedSpool& one : fed_) one.end(wall_clock());
  }
  list();
  for (const auto& [name, set] : sets_) {
    if (set->awake()) dirty_.insert(set.get());
  }
  while (!dirty_.empty() && !stuck_ && Clock::now() < until) {
    read();
    commit_if_due();
  }
  if (stuck_) {
    say("ended while the store could not be written; what was read since is read again");
    return;
  }
  for (const auto& [name, set] : sets_) {
    if (!set->awake()) continue;
    set->drain(batch_, Clock::now(), true);
    set->conclude(batch_);
  }
  commit();
  heed_silence(true);
  judge_if_due(true);
  write_status(false);
}

// Told once in the log, and kept as a health event.
void Agent::trouble(const std::string& what, const std::string& text) {
  say(text);
  health(what, Severity::warning, text);
}

void Agent::health(const std::string& what, Severity severity, const std::string& text) {
  Event event;
  event.kind = EventKind::health;
  event.service = "blip";
  event.time = wall_clock();
  event.quality = TimeQuality::exact;
  event.at = {hash_of("blip:" + what), static_cast<uint64_t>(to_us(event.time)), 0};
  event.id = event_id(event.at, event.kind, what);
  event.severity = severity;
  event.cause = what;
  event.title = text;
  event.evidence.push_back({.signal = "health",
                            .weight = 0,
                            .at = event.at,
                            .file = {},
                            .time = event.time,
                            .text = text});
  batch_.facts.push_back(std::move(event));
  commit_at_ = Clock::now();
}

void Agent::write_status(bool running) {
  uint64_t behind = 0;
  for (const Followed* set : dirty_) behind += set->behind();
  const Json agent = {{"running", running},
                      {"pid", ::getpid()},
                      {"started", time_json(started_)},
                      {"seen", time_json(wall_clock())},
                      {"sources", sets_.size()},
                      {"behind", behind}};
  StatusTable status = {{"agent", one_line(agent)}};
  if (!running || sources_in_-- <= 0) {
    sources_in_ = kSourcesEvery;
    status["sources"] = one_line(source_table());
    Json standing = Json::array();
    for (const AgentSource& source : sources_) {
      if (!source.standing) continue;
      for (std::string& line : source.standing()) standing.push_back(std::move(line));
    }
    status["standing"] = one_line(standing);
  }
  const Status kept = store_.set_status(status);
  if (!kept) say(kept.error().text);
}

Json Agent::source_table() const {
  constexpr size_t kMost = 1000;
  Json sources = Json::array();
  for (const auto& [name, set] : sets_) {
    if (sources.size() == kMost) break;
    Json one = {{"name", name}, {"files", set->source().files.size()}, {"behind", set->behind()}};
    if (const ReadReport* report = set->report()) {
      one["bytes"] = report->bytes;
      one["lines"] = report->lines;
      one["unparsed"] = report->unparsed;
      one["last"] = time_json(report->last);
      one["formats"] = report->formats;
    }
    sources.push_back(std::move(one));
  }
  return sources;
}
}  // namespace

Status run_agent(const std::string& store_path, const AgentOptions& options,
                 const AgentHooks& hooks) {
  Result<Store> store = Store::open(store_path, Access::read_write, kPatience);
  if (!store) return store.error();
  Agent agent(store_path, std::move(*store), options, hooks);
  const Status begun = agent.begin();
  if (!begun) return begun;
  return agent.run();
}

}  // namespace blip
