// The tables, and how an older database gets them. docs/store.md describes each column.
#pragma once

#include "core/result.h"

namespace blip {

class Connection;

inline constexpr int kApplicationId = 0x626c6970;  // "blip": `file blip.db` shows it
inline constexpr int kSchemaVersion = 7;           // PRAGMA user_version

// Brings the database to kSchemaVersion, all or nothing; does nothing when it is there.
Status migrate(Connection& connection);

}  // namespace blip
