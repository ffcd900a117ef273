// What a Store holds: its connection, and the statements and names that every batch needs again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "store/connection.h"
#include "store/statement.h"
#include "store/store.h"

namespace blip {

// Service and instance names as small numbers: a row of `signals` repeats both.
class Names {
 public:
  explicit Names(const Connection& connection);
  // The number of `name`, given now if it has none. Only within a transaction.
  Result<int64_t> number_of(const std::string& name);
  // After a rollback numbers may have been taken back.
  void forget() { known_.clear(); }

 private:
  Statement find_, add_;
  std::map<std::string, int64_t> known_;
};

inline constexpr std::string_view kAddEvent = R"(
    INSERT INTO events(seq, id, revision, digest, kind, service, host, stream, offset, number, time,
      end, quality, planned, explicit, silent, cause, score, confidence, severity, title, attributes)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(id) DO NOTHING)";

// What the index events_of_note holds; SQLite takes it for a query that says the same.
inline constexpr std::string_view kOfNote = "(kind <> 'match' OR severity <> 'info')";

// "kind IN ('restart','crash')"; of none: all there are, so that an index which has the kind before
// the time is of use. The names are ours and need no quoting.
std::string kinds_sql(const std::vector<EventKind>& kinds);

struct Store::Impl {
  explicit Impl(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}

  // Statements that only writing needs; prepared when the first batch comes.
  struct Writing {
    explicit Writing(const Connection& connection);
    Names names;
    Statement one_signal, many_signals, take_back;
    Statement find_event, remove_event, add_event, add_evidence;
  };
  Status bind_signal(Statement& insert, const Signal& signal, uint64_t provisional);
  Status write_signals(const std::vector<Signal>& signals, uint64_t provisional);
  Status take_back(const std::map<std::string, std::vector<Signal>>& provisional);
  Status write_facts(const std::vector<Event>& facts);
  Result<uint64_t> next_seq();
  enum class IfKnown { revise, revise_if_it_differs };
  // False: the id is known and it was kept.
  Result<bool> write_event(const Event& event, const std::string& attributes, int64_t digest,
                           uint64_t seq, IfKnown what);
  Status write_checkpoints(const std::vector<Checkpoint>& checkpoints);
  Status write_states(const std::map<std::string, std::string>& states);
  // `untouched`: ids of stored ones that stay as they are (horizon.h).
  Status write_events(std::string_view service, const std::vector<Event>& events,
                      const std::unordered_set<uint64_t>& untouched);
  Status write_runs(std::string_view service, const std::vector<Run>& runs,
                    const std::unordered_set<uint64_t>& untouched);

  std::unique_ptr<Connection> connection;
  std::optional<Writing> writing;
  // digits_of() is asked for each line of a list.
  struct Ids {
    explicit Ids(const Connection& connection);
    Statement noted, noted_below, noted_above, below, above;
  };
  std::optional<Ids> ids;
  std::optional<Statement> times;  // times() is asked for each kind
  static Result<std::optional<uint64_t>> look_up(Statement& statement, uint64_t id);
};

}  // namespace blip
