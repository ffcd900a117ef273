// What messages are cut into, and which of them are then one template.

#include "rules/sense/tokens.h"

#include <gtest/gtest.h>

#include <string>

#include "rules/sense/templates.h"

namespace blip {
namespace {

std::string cut(std::string_view message) {
  std::string out;
  for (const std::string& token : tokens_of(message)) {
    if (!out.empty()) out += ' ';
    out += token;
  }
  return out;
}

TEST(Tokens, ValuesAreBlanked) {
  const struct {
    const char *message, *tokens;
  } kCases[] = {
      {"order 17 shipped, total so far 3", "order # shipped , total so far #"},
      {"Received block blk_-160899968 of size 91178", "Received block # of size #"},
      {"boot=-8, finish=+46", "boot = # , finish = #"},
      {"a-b - c", "a-b - c"},
      {"from 10.0.0.7:5432, 10.0.0.8:80 and fe80::21b:77ff:fe8b:1a", "from # and #"},
      {"BSSID changed to 5c:50:15:4c:18:13", "BSSID changed to #"},
      {"jobs:12 hits:3", "jobs : # hits : #"},  // names of values stay
      {"proxy.example.com:5070 open, www.example.com", "# open , www.example.com"},
      {"GET /latest/meta-data/ HTTP/1.1", "GET /latest/meta-data/ #"},
      {"GET /v2/54fadb41/servers HTTP/1.1", "GET # #"},
      {"http://example.com/a is down", "http://example.com/a is down"},
      {"assigned [1, 2, 3] to x", "assigned [ # ] to x"},
      {"assigned [] to x", "assigned [ # ] to x"},
      {"1, two, 3,", "# , two , # ,"},
      {"main() returned", "main ( ) returned"},
      {"120.5 KB sent, 7 B received", "# sent , # received"},
      {"at Sun Jul 10 13:17:22 2005", "at # # # # #"},
      {"May I go? Sun is out", "May I go ? Sun is out"},
      {"token deadbeef and bed", "token # and bed"},
      {"", ""},
      {"...", ". . ."},
  };
  for (const auto& one : kCases) EXPECT_EQ(cut(one.message), one.tokens);
}

TEST(Tokens, StayBounded) {
  std::string signs;
  for (int i = 0; i < 500; ++i) signs += "x () 1, ";
  EXPECT_EQ(tokens_of(signs).size(), kMaxTokens);
}

const Template& last_of(TemplateTable& table, const std::vector<std::string>& messages) {
  uint64_t ordinal = 0;
  for (const std::string& message : messages) table.find(message, ++ordinal);
  return table.find(messages.back(), ++ordinal);
}

TEST(Templates, AFewNamesAreAValue) {
  TemplateTable table;
  const Template& last = last_of(table, {"loaded /etc/app/a.conf", "loaded /etc/app/b.conf",
                                         "loaded /etc/app/db/c.conf", "loaded /srv/d.conf"});
  EXPECT_EQ(last.text(), "loaded *");
}

TEST(Templates, SixWordsAreAValueAlsoInSecondPlace) {
  TemplateTable table;
  const std::vector<std::string> five = {"user ann left", "user bob left", "user eve left",
                                         "user kim left", "user lea left"};
  EXPECT_EQ(last_of(table, five).text(), "user lea left");
  EXPECT_EQ(last_of(table, {"user mia left"}).text(), "user * left");
}

TEST(Templates, AWordMayTakeAValuesPlaceButNoValueAWords) {
  TemplateTable table;
  EXPECT_EQ(last_of(table, {"lock taken by 12", "lock taken by nobody"}).text(), "lock taken by *");
  EXPECT_EQ(last_of(table, {"open by HTTPS", "open by SOCKS5"}).text(), "open by #");
  EXPECT_EQ(last_of(table, {"open by HTTPS"}).text(), "open by HTTPS");
}

// The first line's words were seen before either place was known to hold values.
TEST(Templates, AWiderTemplateTakesWhatItsSiblingsHad) {
  TemplateTable table;
  std::vector<std::string> messages = {"looked up once on zed"};
  for (const char* node : {"ann", "bob", "eve", "kim", "lea", "mia", "pia"}) {
    for (const char* key : {"cart", "user", "shop", "page", "item", "mail", "list"}) {
      messages.push_back(std::string("looked up ") + key + " on " + node);
    }
  }
  last_of(table, messages);
  for (const std::string& message : messages) {
    EXPECT_EQ(last_of(table, {message}).text(), "looked up * on *");
  }
}

}  // namespace
}  // namespace blip
