// Reads on behind the first document, as far as the first thing in the second:
//
//   a: 1
//   ---
//   b: 2        <- "a second document; one is read"

#include "rules/one_document.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>
#include <string>

namespace blip {
namespace {

class Documents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    ++count_;
    begin_ = mark;
  }
  void OnDocumentEnd() override { at(begin_); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { at(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { at(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    at(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    at(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    at(mark);
  }
  void OnMapEnd() override {}

 private:
  void at(const YAML::Mark& mark) const {
    if (count_ > 1) throw YAML::ParserException(mark, "a second document; one is read");
  }
  int count_ = 0;
  YAML::Mark begin_;
};

}  // namespace

void expect_one_document(std::string_view yaml) {
  std::istringstream in{std::string(yaml)};
  YAML::Parser parser(in);
  Documents documents;
  while (parser.HandleNextDocument(documents)) {
  }
}

}  // namespace blip
