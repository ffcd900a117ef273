// A place in a stream, as saved states keep it.
#pragma once

#include "core/signal.h"
#include "core/state.h"

namespace blip {

inline void save_anchor(StateWriter& out, const Anchor& at) {
  out.u64(at.stream);
  out.u64(at.offset);
  out.u64(at.number);
}

inline Anchor restore_anchor(StateReader& in) {
  Anchor at;
  at.stream = in.u64();
  at.offset = in.u64();
  at.number = in.u64();
  return at;
}

}  // namespace blip
