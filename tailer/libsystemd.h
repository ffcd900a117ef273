// libsystemd, loaded when the first journal is opened: hosts without systemd run blip too, and
// commands that read no journal start without it and the six libraries that it needs.
#pragma once

#include <systemd/sd-journal.h>

#include "core/result.h"

namespace blip {

// The functions of <systemd/sd-journal.h>, without "sd_".
struct LibSystemd {
  decltype(&sd_journal_open) journal_open;
  decltype(&sd_journal_open_directory) journal_open_directory;
  decltype(&sd_journal_open_files) journal_open_files;
  decltype(&sd_journal_close) journal_close;
  decltype(&sd_journal_next) journal_next;
  decltype(&sd_journal_previous) journal_previous;
  decltype(&sd_journal_seek_tail) journal_seek_tail;
  decltype(&sd_journal_seek_cursor) journal_seek_cursor;
  decltype(&sd_journal_seek_realtime_usec) journal_seek_realtime_usec;
  decltype(&sd_journal_test_cursor) journal_test_cursor;
  decltype(&sd_journal_get_cursor) journal_get_cursor;
  decltype(&sd_journal_get_realtime_usec) journal_get_realtime_usec;
  decltype(&sd_journal_get_monotonic_usec) journal_get_monotonic_usec;
  decltype(&sd_journal_set_data_threshold) journal_set_data_threshold;
  decltype(&sd_journal_restart_data) journal_restart_data;
  decltype(&sd_journal_enumerate_available_data) journal_enumerate_available_data;
  decltype(&sd_journal_get_fd) journal_get_fd;
  decltype(&sd_journal_get_events) journal_get_events;
  decltype(&sd_journal_get_timeout) journal_get_timeout;
  decltype(&sd_journal_process) journal_process;
  decltype(&sd_id128_to_string) id128_to_string;

  // The same one each time, never unloaded. The error says what to install.
  static Result<const LibSystemd*> load();
};

}  // namespace blip
