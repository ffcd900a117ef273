// Makes the stored events and runs of a service those that judging now claims. Judges fold from
// anywhere and claim everything again, so most of what comes is known:
//
//   stored          claimed
//   51be07 rev 1    51be07            same content    -> untouched
//   a90c11 rev 1    a90c11 with cause changed         -> rev 2
//   77d0e2 rev 3    -                 no longer held  -> deleted, its evidence with it
//   -               c0ffee            new             -> rev 1
//
// "Same content" is a digest of everything that is stored of it, kept beside it.

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <unordered_set>

#include "core/check.h"
#include "core/hash.h"
#include "store/horizon.h"
#include "store/impl.h"
#include "store/json.h"

namespace blip {
namespace {
class Digest {
 public:
  Digest& add(std::string_view text) { return hash_.field(text), *this; }
  Digest& add(double value) { return add(std::bit_cast<uint64_t>(value)); }
  Digest& add(uint64_t value) { return hash_.number(value), *this; }
  Digest& add(Time time) { return add(static_cast<uint64_t>(to_us(time))); }
  Digest& add(const Anchor& at) { return add(at.stream).add(at.offset).add(at.number); }
  Digest& add(const Interval& span) { return add(span.from).add(span.to); }
  // Never 0: that is a fact's, which has none.
  int64_t column() const { return static_cast<int64_t>(std::max<uint64_t>(hash_.value(), 1)); }

 private:
  Hasher hash_;
};

// All that is stored of an event but its id and revision.
int64_t digest_of(const Event& event, const std::string& attributes) {
  Digest digest;
  digest.add(kind_name(event.kind)).add(event.service).add(event.host).add(event.at);
  digest.add(event.time).add(event.end).add(uint64_t{static_cast<uint8_t>(event.quality)});
  digest.add(uint64_t{event.planned ? 1U + *event.planned : 0U});
  digest.add(uint64_t{event.explicit_}).add(uint64_t{event.silent}).add(event.cause);
  digest.add(event.score).add(event.confidence).add(severity_name(event.severity));
  digest.add(event.title).add(attributes).add(uint64_t{event.evidence.size()});
  for (const Evidence& row : event.evidence) {
    digest.add(row.signal).add(row.weight).add(row.at).add(row.time).add(row.text);
  }
  return digest.column();
}

int64_t digest_of(const Run& run, const std::string& gauges) {
  Digest digest;
  digest.add(run.service).add(run.instance).add(run.begins).add(run.begin).add(run.end);
  digest.add(run.began_by).add(run.ended_by).add(run.ending).add(gauges);
  return digest.column();
}

// What is stored of one service, and what of it is claimed again.
class Stored {
 public:
  // `select`: SELECT id, digest ... WHERE service = ?
  Status load(Statement select, std::string_view service) {
    select.bind(service);
    while (select.next()) {
      Row row(select);
      const uint64_t id = row.key();
      digests_[id] = row.i64();
    }
    return select.status();
  }
  enum class Claim { same, differs, twice };
  Claim claim(uint64_t id, int64_t digest) {
    // Two claims to one id are one thing: the first stands, else both would revise each other.
    if (!claimed_.insert(id).second) return Claim::twice;
    const auto found = digests_.find(id);
    const bool same = found != digests_.end() && found->second == digest;
    if (found != digests_.end()) digests_.erase(found);
    return same ? Claim::same : Claim::differs;
  }
  // Whatever is claimed of it, it stays as it is.
  void leave(uint64_t id) {
    digests_.erase(id);
    claimed_.insert(id);
  }
  // `remove`: DELETE ... WHERE id = ?
  Status remove_unclaimed(Statement remove) const {
    for (const auto& [id, digest] : digests_) {
      if (Status done = remove.bind(Key{id}).run(); !done) return done;
    }
    return Done{};
  }

 private:
  std::unordered_map<uint64_t, int64_t> digests_;
  std::unordered_set<uint64_t> claimed_;
};

constexpr std::string_view kReplaceRun = R"(
    REPLACE INTO runs(id, digest, service, instance, stream, offset, number, begin_from, begin_to,
      end_from, end_to, began_by, ended_by, ending, gauges)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))";

}  // namespace

Status Store::settle(std::string_view service, const std::vector<Event>& events,
                     const std::vector<Run>& runs) {
  return impl_->connection->transaction(Durability::full, [&]() -> Status {
    const Result<Time> horizon = horizon_of(*impl_->connection, service);
    if (!horizon) return horizon.error();
    if (!known(*horizon)) {
      if (Status done = impl_->write_events(service, events, {}); !done) return done;
      return impl_->write_runs(service, runs, {});
    }
    const auto ours = beyond_horizon(*impl_->connection, service, *horizon, events);
    if (!ours) return ours.error();
    Status done = impl_->write_events(service, ours->claims, ours->untouched);
    if (!done) return done;
    const auto lives = beyond_horizon(*impl_->connection, service, *horizon, runs);
    if (!lives) return lives.error();
    return impl_->write_runs(service, lives->claims, lives->untouched);
  });
}

Status Store::Impl::write_events(std::string_view service, const std::vector<Event>& events,
                                 const std::unordered_set<uint64_t>& untouched) {
  Stored stored;
  Status loaded =
      stored.load({*connection,
                   "SELECT id, digest FROM events INDEXED BY events_judged WHERE service = ?"
                   " AND digest <> 0"},
                  service);
  if (!loaded) return loaded;
  for (const uint64_t id : untouched) stored.leave(id);
  Result<uint64_t> seq = next_seq();
  if (!seq) return seq.error();
  for (const Event& event : events) {
    BLIP_CHECK(event.service == service, "an event is settled under another service");
    const std::string attributes = attributes_to_json(event.attributes);
    const int64_t digest = digest_of(event, attributes);
    if (stored.claim(event.id, digest) != Stored::Claim::differs) continue;
    const Result<bool> wrote = write_event(event, attributes, digest, (*seq)++, IfKnown::revise);
    if (!wrote) return wrote.error();
  }
  return stored.remove_unclaimed({*connection, "DELETE FROM events WHERE id = ?"});
}

Result<uint64_t> Store::Impl::next_seq() {
  // Never one that was given before: who waits for what is new asks by it.
  Statement last(*connection, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const uint64_t seq = last.next() ? Row(last).u64() + 1 : 1;
  if (Status done = last.status(); !done) return done.error();
  return seq;
}

Result<bool> Store::Impl::write_event(const Event& event, const std::string& attributes,
                                      int64_t digest, uint64_t seq, IfKnown what) {
  if (!writing) writing.emplace(*connection);
  const auto add = [&](uint32_t revision) -> Status {
    writing->add_event.bind(
        seq, Key{event.id}, revision, digest, kind_name(event.kind), event.service, event.host,
        Key{event.at.stream}, event.at.offset, event.at.number, event.time, event.end,
        static_cast<int>(event.quality), event.planned, event.explicit_, event.silent, event.cause,
        event.score, event.confidence, severity_name(event.severity), event.title, attributes);
    return writing->add_event.run();
  };
  if (Status done = add(1); !done) return done.error();
  if (sqlite3_changes(connection->handle()) == 0) {
    // The id is known. (Of another service perhaps: the configuration gave the stream a new name.)
    Statement& find = writing->find_event.bind(Key{event.id});
    if (!find.next()) return connection->error(SQLITE_CORRUPT);
    Row row(find);
    const uint64_t before = row.u64();
    const auto revision = static_cast<uint32_t>(row.i64()) + 1;
    const bool same = row.text() == attributes;
    find.bind();
    if (what == IfKnown::revise_if_it_differs && same) return false;
    if (Status done = writing->remove_event.bind(before).run(); !done) return done.error();
    if (Status done = add(revision); !done) return done.error();
  }
  size_t position = 0;
  for (const Evidence& row : event.evidence) {
    writing->add_evidence.bind(seq, position++, row.signal, row.weight, Key{row.at.stream},
                               row.at.offset, row.at.number, row.time, Bytes{row.text});
    if (Status done = writing->add_evidence.run(); !done) return done.error();
  }
  return true;
}

// The same bytes, read again, add nothing; a last line that was cut and is whole now revises its
// own.
Status Store::Impl::write_facts(const std::vector<Event>& facts) {
  if (facts.empty()) return Done{};
  Result<uint64_t> seq = next_seq();
  if (!seq) return seq.error();
  for (const Event& event : facts) {
    BLIP_CHECK(is_fact(event.kind), "a fact is a match, a loss or of blip's own health");
    const Result<bool> wrote = write_event(event, attributes_to_json(event.attributes), 0, *seq,
                                           IfKnown::revise_if_it_differs);
    if (!wrote) return wrote.error();
    *seq += *wrote;
  }
  return Done{};
}

Status Store::Impl::write_runs(std::string_view service, const std::vector<Run>& runs,
                               const std::unordered_set<uint64_t>& untouched) {
  Stored stored;
  Status loaded =
      stored.load({*connection, "SELECT id, digest FROM runs WHERE service = ?"}, service);
  if (!loaded) return loaded;
  for (const uint64_t id : untouched) stored.leave(id);
  Statement replace(*connection, kReplaceRun);
  for (const Run& run : runs) {
    BLIP_CHECK(run.service == service, "a run is settled under another service");
    const std::string gauges = gauges_to_json(run.gauges);
    const int64_t digest = digest_of(run, gauges);
    if (stored.claim(run.id, digest) != Stored::Claim::differs) continue;
    replace.bind(Key{run.id}, digest, run.service, run.instance, Key{run.begins.stream},
                 run.begins.offset, run.begins.number, run.begin.from, run.begin.to, run.end.from,
                 run.end.to, Key{run.began_by}, Key{run.ended_by}, run.ending, gauges);
    if (Status done = replace.run(); !done) return done;
  }
  return stored.remove_unclaimed({*connection, "DELETE FROM runs WHERE id = ?"});
}

}  // namespace blip
