#ifdef BLIP_HAVE_LIBSYSTEMD

#include "tailer/libsystemd.h"

#include <dlfcn.h>

#include <string>

namespace blip {
namespace {
constexpr const char* kLibrary = "libsystemd.so.0";

Error not_loaded() {
  const char* why = ::dlerror();
  return {std::string("the journal is read by ") + kLibrary + ", which can't be loaded (" +
          (why == nullptr ? "?" : why) + "): install libsystemd0, 246 or later"};
}

Result<LibSystemd> load_all() {
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return not_loaded();
  LibSystemd all{};
  const auto take = [library](const char* name, auto& function) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    return function != nullptr;
  };
  const bool whole =
      take("sd_journal_open", all.journal_open) &&
      take("sd_journal_open_directory", all.journal_open_directory) &&
      take("sd_journal_open_files", all.journal_open_files) &&
      take("sd_journal_close", all.journal_close) && take("sd_journal_next", all.journal_next) &&
      take("sd_journal_previous", all.journal_previous) &&
      take("sd_journal_seek_tail", all.journal_seek_tail) &&
      take("sd_journal_seek_cursor", all.journal_seek_cursor) &&
      take("sd_journal_seek_realtime_usec", all.journal_seek_realtime_usec) &&
      take("sd_journal_test_cursor", all.journal_test_cursor) &&
      take("sd_journal_get_cursor", all.journal_get_cursor) &&
      take("sd_journal_get_realtime_usec", all.journal_get_realtime_usec) &&
      take("sd_journal_get_monotonic_usec", all.journal_get_monotonic_usec) &&
      take("sd_journal_set_data_threshold", all.journal_set_data_threshold) &&
      take("sd_journal_restart_data", all.journal_restart_data) &&
      take("sd_journal_enumerate_available_data", all.journal_enumerate_available_data) &&
      take("sd_journal_get_fd", all.journal_get_fd) &&
      take("sd_journal_get_events", all.journal_get_events) &&
      take("sd_journal_get_timeout", all.journal_get_timeout) &&
      take("sd_journal_process", all.journal_process) &&
      take("sd_id128_to_string", all.id128_to_string);
  if (!whole) return not_loaded();
  return all;
}
}  // namespace

Result<const LibSystemd*> LibSystemd::load() {
  static const Result<LibSystemd> loaded = load_all();
  if (!loaded) return loaded.error();
  return &*loaded;
}

}  // namespace blip

#endif
