// Cuts the messages of one lane into blocks:
//
//   2014-06-24 19:50:53 info session 54181a2d joined     ordinary
//   panic: assignment to entry in nil map                 begins a go_panic
//   (blank)                                               inside
//   goroutine 1 [running]:                                inside
//   main.main()                                           inside
//   2014-06-24 19:50:55 info server listening on :8080   ordinary: the block had ended before it
//
// What begins, continues and ends each kind is its spec's knowledge; memory and state are ours.

#include "parsers/blocks/assembler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "core/anchor_state.h"
#include "core/check.h"
#include "parsers/blocks/text.h"

namespace blip {
namespace {

// Every line outside a block comes through here: two table look-ups and one scan for an error's
// name leave a spec to be asked about few of them.
class Recogniser {
 public:
  Recogniser() : specs_(all_blocks()) {
    BLIP_CHECK(specs_.size() <= 32, "more block specs than bits");
    for (size_t i = 0; i < specs_.size(); ++i) {
      const uint32_t bit = uint32_t{1} << i;
      for (const char c : specs_[i]->first) by_first_[static_cast<unsigned char>(c)] |= bit;
      for (const char c : specs_[i]->last) by_last_[static_cast<unsigned char>(c)] |= bit;
      if (specs_[i]->names_error) by_error_ |= bit;
    }
  }

  const BlockSpec* operator()(std::string_view message) const {
    if (message.empty()) return nullptr;
    uint32_t left = by_first_[static_cast<unsigned char>(message.front())] |
                    by_last_[static_cast<unsigned char>(message.back())];
    if (blocks::find_error_name(message)) left |= by_error_;
    for (; left != 0; left &= left - 1) {
      const BlockSpec* spec = specs_[static_cast<size_t>(std::countr_zero(left))];
      if (spec->starts(message)) return spec;
    }
    return nullptr;
  }

 private:
  const std::vector<const BlockSpec*>& specs_;
  std::array<uint32_t, 256> by_first_{}, by_last_{};
  uint32_t by_error_ = 0;
};

const BlockSpec* spec_named(std::string_view name) {
  for (const BlockSpec* spec : all_blocks()) {
    if (spec->name == name) return spec;
  }
  return nullptr;
}

}  // namespace

bool BlockAssembler::belongs(Next next, bool dated) const {
  if (next == Next::unsure) return !dated || dated_;
  return next != Next::before;
}

void BlockAssembler::begin(const BlockSpec& spec, std::string_view message, const Anchor& at,
                           Time time) {
  spec_ = &spec;
  block_.name = spec.name;
  block_.first = at;
  block_.time = time;
  block_.head = blocks::clip(message, kQuoteLimit);
}

void BlockAssembler::add(std::string_view message, bool dated, const Anchor& at) {
  // The newest line always stands last: specs judge the next one by it.
  if (held_ == pool_.size() && held_ < kBlockLines) pool_.emplace_back();
  held_ = std::min(held_ + 1, kBlockLines);
  pool_[held_ - 1] = blocks::clip(message, kBlockLineBytes);
  block_.last = at;
  ++block_.lines;
  dated_ = dated;
}

std::optional<Block> BlockAssembler::end() {
  block_.summary = spec_->summarise(lines());
  spec_ = nullptr;
  held_ = 0;
  if (pool_.size() > kPooledLines) pool_.resize(kPooledLines);
  Block done = std::exchange(block_, Block());
  if (done.summary.message.empty()) return std::nullopt;
  return done;
}

BlockAssembler::Outcome BlockAssembler::feed(std::string_view message, bool dated, const Anchor& at,
                                             Time time) {
  static const Recogniser recognise;
  Outcome outcome;
  if (spec_ != nullptr) {
    const Next next = spec_->next(lines(), message);
    outcome.inside = belongs(next, dated);
    if (outcome.inside) add(message, dated, at);
    if (next == Next::last || !outcome.inside) outcome.ended = end();
    if (outcome.inside) return outcome;
  }
  const BlockSpec* spec = recognise(message);
  if (spec == nullptr) return outcome;
  begin(*spec, message, at, time);
  add(message, dated, at);
  outcome.inside = !spec->weak;
  return outcome;
}

std::optional<Block> BlockAssembler::finish() { return open() ? end() : std::nullopt; }

void BlockAssembler::save(StateWriter& out) const {
  out.flag(open());
  if (!open()) return;
  out.text(spec_->name);
  save_anchor(out, block_.first);
  save_anchor(out, block_.last);
  out.time(block_.time);
  out.u64(block_.lines);
  out.text(block_.head);
  out.flag(dated_);
  out.u64(held_);
  for (const std::string& line : lines()) out.text(line);
}

void BlockAssembler::restore(StateReader& in) {
  *this = BlockAssembler();
  if (!in.flag()) return;
  const BlockSpec* spec = spec_named(in.text());
  Block block;
  block.first = restore_anchor(in);
  block.last = restore_anchor(in);
  block.time = in.time();
  block.lines = in.u64();
  block.head = blocks::clip(in.text(), kQuoteLimit);
  const bool dated = in.flag();
  std::vector<std::string> lines;
  for (uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    const std::string_view line = blocks::clip(in.text(), kBlockLineBytes);
    if (lines.size() < kBlockLines) lines.emplace_back(line);
  }
  if (!in.ok() || spec == nullptr || lines.empty()) return;
  block.name = spec->name;
  spec_ = spec;
  block_ = std::move(block);
  pool_ = std::move(lines);
  held_ = pool_.size();
  dated_ = dated;
}

}  // namespace blip
