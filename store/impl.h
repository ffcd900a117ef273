// What a Store holds: its connection, and the statements and names that every batch needs again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

struct Store::Impl {
  explicit Impl(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}

  // Statements that only writing needs; prepared when the first batch comes.
  struct Writing {
    explicit Writing(const Connection& connection);
    Names names;
    Statement one_signal, many_signals;
  };
  Status bind_signal(Statement& insert, const Signal& signal);
  Status write_signals(const std::vector<Signal>& signals);
  Status write_checkpoints(const std::vector<Checkpoint>& checkpoints);
  Status write_states(const std::map<std::string, std::string>& states);
  Status write_events(std::string_view service, const std::vector<Event>& events);
  Status write_runs(std::string_view service, const std::vector<Run>& runs);

  std::unique_ptr<Connection> connection;
  std::optional<Writing> writing;
};

}  // namespace blip
