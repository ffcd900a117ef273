// The front on Vectorscan: all literals in one pass over a chunk, whatever its lines.

#include "rules/front_engine.h"

#ifdef BLIP_HAVE_VECTORSCAN
#include <hs/hs.h>

#include <utility>

#include "core/check.h"

namespace blip {
namespace {

// In vectored mode: for block mode the library makes a second engine, for short texts, which takes
// ten times as long as all the rest and is a third faster on a line.
class VectorscanFront : public Front {
 public:
  // Null when the library refuses this CPU or the literals.
  static std::unique_ptr<Front> make(const std::vector<Pattern>& patterns) {
    if (patterns.empty() || hs_valid_platform() != HS_SUCCESS) return nullptr;
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    std::vector<unsigned> flags, ids;
    for (const Pattern& pattern : patterns) {
      texts.push_back(pattern.text.data());
      sizes.push_back(pattern.text.size());
      flags.push_back(pattern.caseless ? HS_FLAG_CASELESS : 0);
      ids.push_back(static_cast<unsigned>(ids.size()));
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const hs_error_t result = hs_compile_lit_multi(
        texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(texts.size()),
        HS_MODE_VECTORED, nullptr, &database, &error);
    hs_free_compile_error(error);
    if (result != HS_SUCCESS) return nullptr;
    Database shared(new Shared{database, patterns});
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return nullptr;
    return std::unique_ptr<Front>(new VectorscanFront(std::move(shared), scratch));
  }

  ~VectorscanFront() override { hs_free_scratch(scratch_); }
  VectorscanFront(const VectorscanFront&) = delete;
  VectorscanFront& operator=(const VectorscanFront&) = delete;

  std::unique_ptr<Front> clone() const override {
    hs_scratch_t* scratch = nullptr;
    BLIP_CHECK(hs_clone_scratch(scratch_, &scratch) == HS_SUCCESS, "out of memory for a scan");
    return std::unique_ptr<Front>(new VectorscanFront(shared_, scratch));
  }

  void scan(std::string_view text, std::vector<Hit>& hits) override {
    BLIP_CHECK(text.size() <= UINT32_MAX, "a chunk is less than 4 GiB");
    hits.clear();
    if (text.empty()) return;  // it may have no address, which hs_scan refuses
    Sink sink{&shared_->patterns, &hits};
    const char* const data = text.data();
    const auto size = static_cast<unsigned>(text.size());
    const hs_error_t result =
        hs_scan_vector(shared_->database, &data, &size, 1, 0, scratch_, on_match, &sink);
    BLIP_CHECK(result == HS_SUCCESS, "a front is used by one thread at a time");
    order_hits(hits, 0);
  }

 private:
  struct Shared {
    hs_database_t* database;
    std::vector<Pattern> patterns;
    ~Shared() { hs_free_database(database); }
  };
  using Database = std::shared_ptr<const Shared>;
  struct Sink {
    const std::vector<Pattern>* patterns;
    std::vector<Hit>* hits;
  };

  VectorscanFront(Database shared, hs_scratch_t* scratch)
      : shared_(std::move(shared)), scratch_(scratch) {}

  static int on_match(unsigned id, unsigned long long, unsigned long long end, unsigned,
                      void* context) {
    const Sink* sink = static_cast<Sink*>(context);
    append_hits((*sink->patterns)[id], end, *sink->hits);
    return 0;
  }

  Database shared_;
  hs_scratch_t* scratch_;
};

}  // namespace

std::unique_ptr<Front> make_vectorscan(const std::vector<Pattern>& patterns) {
  return VectorscanFront::make(patterns);
}

}  // namespace blip

#else

namespace blip {
std::unique_ptr<Front> make_vectorscan(const std::vector<Pattern>&) { return nullptr; }
}  // namespace blip

#endif
