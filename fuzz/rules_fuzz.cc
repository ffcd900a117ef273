// Any bytes as a rule file and as a file of rule tests: what they say or an error with its place,
// never an exception. What was taken works: each rule compiles, and fires on its samples.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "rules/literal.h"
#include "rules/rule_test.h"
#include "rules/signature_set.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace blip;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  Result<std::vector<Signature>> rules = read_signatures(yaml, "fuzz.yaml");
  if (!rules) {
    BLIP_CHECK(rules.error().text.starts_with("fuzz.yaml:"), "an error that does not say where");
  } else {
    const SignatureSet set(std::move(*rules));
    const auto front = Front::make(set.signatures, Front::Engine::portable);
    std::vector<Hit> hits;
    for (size_t i = 0; i < set.given; ++i) {
      const Signature& rule = set.signatures[i];
      BLIP_CHECK(rule.literal.size() >= kMinLiteral, "a rule without a literal");
      for (const std::string& sample : rule.match) {
        Captures captures;
        BLIP_CHECK(set.matchers[i].match(sample, captures), "a rule is silent on its sample");
        front->scan(sample, hits);
        bool found = false;
        for (const Hit& hit : hits) found |= hit.signature == i;
        BLIP_CHECK(found, "a rule's literal is not in its sample");
      }
    }
  }
  const Result<std::vector<RuleTest>> tests = read_rule_tests(yaml, "fuzz.test.yaml");
  if (!tests) {
    BLIP_CHECK(tests.error().text.starts_with("fuzz.test.yaml:"),
               "an error that does not say where");
  } else {
    for (const RuleTest& test : *tests) {
      for (const Expected& expected : test.expect) (void)describe(expected);
    }
  }
  return 0;
}
