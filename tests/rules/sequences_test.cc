// Rules of several lines on a virtual clock: yaml in, lines at seconds of our choosing, and what is
// told of them. The real sensors and judges; only the time is ours.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "rules/judge/judge.h"
#include "rules/sense/senses.h"
#include "rules/sequence.h"
#include "rules/signature.h"

namespace blip {
namespace {
const Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

// What every rule has, of the lines "login failed for USER from IP".
std::string rule(const std::string& keys, const std::string& id = "acme.rule") {
  return "- id: " + id +
         "\n  title: told\n"
         "  regex: 'login failed for (?P<user>\\S+) from (?P<ip>\\S+)'\n"
         "  match: ['login failed for a from 1.1.1.1']\n  no_match: ['login']\n" +
         keys;
}

class Log : public SignalSink {
 public:
  explicit Log(const std::string& yaml) {
    Result<std::vector<Signature>> rules = read_signatures(yaml, "x.yaml");
    EXPECT_TRUE(rules) << rules.error().text;
    if (rules) set_ = std::make_unique<SignatureSet>(std::move(*rules));
    senses_ = std::make_unique<Senses>(*set_);
    senses_->turn_to(senses_->unit("app", ""));
    for (uint32_t i = 0; i < set_->signatures.size(); ++i) hits_.push_back(i);
  }
  Log& at(std::chrono::seconds time, const std::string& text, std::string_view pid = {}) {
    Record record;
    record.message = text;
    record.line.text = text;
    record.pid = pid;
    ++number_;
    senses_->observe(record, {7, 100 * number_, number_}, kBegin + time, TimeQuality::exact, hits_,
                     false, *this);
    return *this;
  }
  Log& failed(std::chrono::seconds time, const std::string& user = "bo",
              const std::string& ip = "7.7.7.7") {
    return at(time, "login failed for " + user + " from " + ip);
  }
  // Judged when the logs of the host had come so far. A bench that is saved and restored between
  // any two signals must say the same.
  std::vector<Event> told(std::chrono::seconds until) {
    std::sort(signals.begin(), signals.end(), earlier);
    const Interval whole{kBegin - 1s, kBegin + until};
    auto bench = std::make_unique<Bench>("app");
    std::string saved;
    for (const Signal& signal : signals) {
      bench->weigh(signal);
      if (!saves) continue;
      saved = bench->save();
      bench = std::make_unique<Bench>("app");
      EXPECT_TRUE(bench->restore(saved));
    }
    Docket docket = bench->settle({}, {&whole, 1});
    due = docket.due;
    std::erase_if(docket.events, [](const Event& event) { return event.kind != EventKind::match; });
    return std::move(docket.events);
  }
  // "5 at 240 s" for each event: its line and time, with the end of what did not come.
  std::string lines(std::chrono::seconds until = 24h) {
    std::string text;
    for (const Event& event : told(until)) {
      text += (text.empty() ? "" : ", ") + std::to_string(event.at.number) + " at " +
              std::to_string(static_cast<int>(seconds_of(event.time - kBegin)));
      if (known(event.end))
        text += " to " + std::to_string(static_cast<int>(seconds_of(event.end - kBegin)));
    }
    return text;
  }
  void emit(Signal signal) override {
    if (signal.kind == SignalKind::rule_line) signals.push_back(std::move(signal));
  }
  void match(Match match) override { matched.push_back(match.rule->id); }

  std::vector<Signal> signals;
  std::vector<std::string> matched;
  Time due = kNoTime;
  bool saves = true;

 private:
  std::unique_ptr<SignatureSet> set_;
  std::unique_ptr<Senses> senses_;
  std::vector<uint32_t> hits_;
  uint64_t number_ = 0;
};

TEST(Sequences, SoManyOfAKeyWithinATime) {
  Log log(rule("  count: 3\n  within: 10m\n  by: ip\n"));
  log.failed(0s).failed(100s, "bo", "8.8.8.8").failed(240s, "al").failed(300s, "bo", "8.8.8.8");
  log.failed(600s);                            // told: ten minutes are within ten minutes
  log.failed(601s).failed(700s).failed(800s);  // quiet
  log.failed(1201s).failed(1202s).failed(1203s, "cy");
  EXPECT_EQ(log.lines(), "5 at 600, 11 at 1203");
  const std::vector<Event> events = log.told(24h);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].title, "told: 7.7.7.7");
  EXPECT_EQ(std::get<std::string>(events[0].attributes.at("rule")), "acme.rule");
  EXPECT_EQ(std::get<std::string>(events[0].attributes.at("ip")), "7.7.7.7");
  EXPECT_EQ(std::get<int64_t>(events[0].attributes.at("count")), 3);
  EXPECT_EQ(std::get<double>(events[0].attributes.at("seconds")), 600);
  EXPECT_EQ(events[0].attributes.count("untold"), 0u);
  EXPECT_EQ(std::get<int64_t>(events[1].attributes.at("untold")), 3);
  ASSERT_EQ(events[0].evidence.size(), 3u);
  EXPECT_EQ(events[0].evidence[1].text, "login failed for al from 7.7.7.7");
  EXPECT_TRUE(log.matched.empty()) << "single lines are not told";
}

TEST(Sequences, AWindowSlides) {
  Log log(rule("  count: 3\n  within: 10s\n"));
  log.failed(0s).failed(9s).failed(11s).failed(18s);
  EXPECT_EQ(log.lines(), "4 at 18");
}

TEST(Sequences, WithoutCooldownEachFullCountIsTold) {
  Log log(rule("  count: 2\n  within: 1m\n  cooldown: 0s\n"));
  for (int i = 0; i < 5; ++i) log.failed(std::chrono::seconds(i));
  EXPECT_EQ(log.lines(), "2 at 1, 4 at 3");
}

TEST(Sequences, DifferentValues) {
  Log log(rule("  count: 3\n  within: 1m\n  by: ip\n  distinct: user\n"));
  log.failed(0s, "a").failed(1s, "a").failed(2s, "b").failed(3s, "a").failed(4s, "b");
  log.failed(50s, "c");
  EXPECT_EQ(log.lines(), "6 at 50");
  Log old(rule("  count: 3\n  within: 1m\n  by: ip\n  distinct: user\n"));
  old.failed(0s, "a").failed(50s, "b").failed(61s, "c");
  EXPECT_EQ(old.lines(), "") << "a was more than a minute ago";
}

TEST(Sequences, FirstOfABurstThenQuiet) {
  Log log(rule("  cooldown: 1h\n  by: ip\n"));
  log.failed(0s).failed(60s).failed(70s, "bo", "8.8.8.8").failed(3599s).failed(3600s);
  EXPECT_EQ(log.lines(), "1 at 0, 3 at 70, 5 at 3600");
}

TEST(Sequences, OneAfterAnother) {
  Log log(rule("  followed_by: 'login of (?P<ip>\\S+) accepted'\n  within: 10s\n  by: ip\n"));
  log.failed(0s).at(11s, "login of 7.7.7.7 accepted");               // too late
  log.failed(20s).failed(28s).at(35s, "login of 7.7.7.7 accepted");  // after the second
  log.at(36s, "login of 7.7.7.7 accepted");                          // was told
  log.failed(40s).at(41s, "login of 8.8.8.8 accepted");              // of another
  EXPECT_EQ(log.lines(), "5 at 35");
  EXPECT_EQ(log.told(24h)[0].evidence.back().text, "login of 7.7.7.7 accepted");
}

TEST(Sequences, SoManyAndThenAnother) {
  Log log(rule(
      "  count: 3\n  within: 1m\n  by: ip\n  followed_by: 'login of (?P<ip>\\S+) accepted'\n"));
  log.failed(0s).failed(1s).at(2s, "login of 7.7.7.7 accepted");
  log.failed(10s).failed(11s).failed(12s).at(72s, "login of 7.7.7.7 accepted");
  EXPECT_EQ(log.lines(), "7 at 72");
}

TEST(Sequences, OneThatStaysAway) {
  const std::string yaml =
      rule("  not_followed_by: 'login of (?P<user>\\S+) accepted'\n  within: 30s\n  by: user\n");
  Log log(yaml);
  log.failed(0s, "a").failed(5s, "b").at(30s, "login of a accepted").at(36s, "login of b accepted");
  EXPECT_EQ(log.lines(), "2 at 5 to 35");
  const Event event = log.told(24h)[0];
  EXPECT_EQ(event.evidence.back().signal, "absence");
  EXPECT_EQ(std::get<double>(event.attributes.at("seconds")), 30);
}

TEST(Sequences, ADeadlinePassesWhenTheLogsGoOn) {
  Log log(rule("  not_followed_by: 'login accepted'\n  within: 30s\n"));
  log.failed(5s);
  EXPECT_EQ(log.lines(35s), "") << "it could still come";
  EXPECT_EQ(log.due, kBegin + 35s + Micros(1));
  EXPECT_EQ(log.lines(36s), "1 at 5 to 35");
  EXPECT_EQ(log.due, kNoTime);
}

TEST(Sequences, OneWaitSpeaksForThoseThatComeMeanwhile) {
  Log log(rule("  not_followed_by: 'login accepted'\n  within: 30s\n"));
  log.failed(0s).failed(20s).failed(31s).at(40s, "login accepted");
  EXPECT_EQ(log.lines(), "1 at 0 to 30");
}

TEST(Sequences, AHeartbeatThatStops) {
  Log log(rule("  not_followed_by: acme.rule\n  within: 5m\n"));
  log.failed(0s).failed(290s).failed(580s).failed(2000s).failed(2100s);
  EXPECT_EQ(log.lines(2101s), "3 at 580 to 880");
  EXPECT_EQ(log.lines(2401s), "3 at 580 to 880, 5 at 2100 to 2400");
}

TEST(Sequences, ACooldownOfWhatStaysAway) {
  Log log(rule("  not_followed_by: 'login accepted'\n  within: 10s\n  cooldown: 1m\n"));
  log.failed(0s).failed(20s).failed(65s);
  EXPECT_EQ(log.lines(), "1 at 0 to 10, 3 at 65 to 75");
}

TEST(Sequences, WhatFollowsMayBeAnotherRule) {
  const std::string done =
      "- {id: acme.done, title: t, regex: 'login done by (?P<user>\\S+)', match: [login done by "
      "x], "
      "no_match: [no]}\n";
  Log log(rule("  followed_by: acme.done\n  within: 10s\n  by: user\n") + done);
  log.failed(0s, "a").at(3s, "login done by a");
  EXPECT_EQ(log.lines(), "2 at 3");
  EXPECT_EQ(log.matched, std::vector<std::string>{"acme.done"}) << "it goes on telling its own";
}

TEST(Sequences, WhatFollowsMayBeBuiltIn) {
  const auto rules = read_signatures(rule("  followed_by: go.panic\n  within: 10s\n"), "x");
  ASSERT_TRUE(rules) << rules.error().text;
  // Where it is switched off nothing is told, rather than for ever missed.
  Log log(rule("  not_followed_by: go.panic\n  within: 10s\n"));
  log.failed(0s);
  EXPECT_EQ(log.lines(), "");
}

TEST(Sequences, KeysAreMadeOfSeveralAndOfThePid) {
  Log log(rule("  count: 2\n  within: 1m\n  by: [ip, user]\n"));
  log.failed(0s, "a").failed(1s, "b").failed(2s, "a", "8.8.8.8").failed(3s, "b");
  EXPECT_EQ(log.lines(), "4 at 3");
  EXPECT_EQ(log.told(24h)[0].title, "told: 7.7.7.7 b");
  Log pids(rule("  count: 2\n  within: 1m\n  by: pid\n"));
  pids.at(0s, "login failed for a from b", "17").at(1s, "login failed for a from b", "18");
  pids.at(2s, "login failed for a from b", "18");
  EXPECT_EQ(pids.lines(), "3 at 2");
}

TEST(Sequences, ALineThatIsBothEndsTheOldFirst) {
  Log log(rule("  not_followed_by: 'login failed for \\S+ from'\n  within: 10s\n"));
  log.failed(0s).failed(9s).failed(18s);
  EXPECT_EQ(log.lines(19s), "");
  EXPECT_EQ(log.lines(29s), "3 at 18 to 28");
}

TEST(Sequences, StayBounded) {
  Log log(rule("  count: 1000\n  within: 7d\n  by: ip\n"));
  log.saves = false;
  for (int i = 0; i < 20'000; ++i) log.failed(std::chrono::seconds(i), "bo", std::to_string(i));
  for (int i = 0; i < 1000; ++i) log.failed(std::chrono::seconds(20'000 + i));
  EXPECT_EQ(log.lines(), "21000 at 20999") << "what floods does not push out what is counted";
  Bench bench("app");
  for (const Signal& signal : log.signals) bench.weigh(signal);
  EXPECT_LT(bench.save().size(), 2'000'000u);
}

TEST(Sequences, HostileKeysAreCutAndStaySound) {
  Log log(rule("  count: 2\n  within: 1m\n  by: [user, ip]\n"));
  const std::string user(5000, 'u');
  log.failed(0s, user, "\x1f\xff").failed(1s, user, "\x1f\xff");
  const std::vector<Event> events = log.told(1h);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<std::string>(events[0].attributes.at("user")).size(), kKeyBytes);
}

TEST(Terms, AreReadAsWritten) {
  auto rules = read_signatures(
      rule("  count: 5\n  within: 10m\n  by: [ip, user]\n  cooldown: 1h\n  severity: error\n"),
      "x");
  ASSERT_TRUE(rules) << rules.error().text;
  const std::string text = terms_text(rules->front());
  EXPECT_EQ(text, "5 600000000 3600000000 none - - error ip,user told");
  const std::optional<Terms> terms = read_terms(text);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->within, Micros(10min));
  EXPECT_EQ(terms->by, (std::vector<std::string>{"ip", "user"}));
  EXPECT_EQ(terms->title, "told");
  for (const char* bad :
       {"", "5", "x 1 1 none - - error - t", "0 1 1 none - - error - t",
        "5 -1 1 none - - error - t", "5 1 1 nine - - error - t",
        "5 1 99999999999999999999 none - - error - t", "5 1 1 none - - bad - t"}) {
    EXPECT_FALSE(read_terms(bad)) << bad;
  }
  EXPECT_EQ(sequence_text(rules->front()),
            "5 lines within 10m, for each ip and user; then quiet for 1h");
}

TEST(Durations, HaveANumberAndAUnit) {
  EXPECT_EQ(read_duration("90s"), Micros(90s));
  EXPECT_EQ(read_duration("2w"), Micros(14 * 24h));
  for (const char* bad : {"", "s", "10", "10 m", "-1s", "1.5h", "10M", "99999999999s", "1y"}) {
    EXPECT_FALSE(read_duration(bad)) << bad;
  }
  EXPECT_EQ(duration_words(90s), "90s");
  EXPECT_EQ(duration_words(14 * 24h), "14d");
  EXPECT_EQ(duration_words(0s), "0s");
}

TEST(ReadSequences, TellsWhatIsWrongAndWhere) {
  // Below the five lines that every rule has here.
  const std::pair<std::string, std::string> cases[] = {
      {"  count: 5\n", ":6:10: \"count\" wants \"within\""},
      {"  count: 1\n  within: 1m\n", ":6:10: \"count\" is a number from 2 to 1000"},
      {"  count: many\n  within: 1m\n", ":6:10: \"count\" is a number from 2 to 1000"},
      {"  count: [5]\n  within: 1m\n", ":6:10: \"count\" is a number from 2 to 1000"},
      {"  count: 5\n  within: 10\n", ":7:11: \"within\" wants a number and a unit"},
      {"  count: 5\n  within: 0s\n", ":7:11: \"within\" wants a number and a unit"},
      {"  count: 5\n  within: 8d\n", ":7:11: \"within\" is at most 7d"},
      {"  count: 5\n  witin: 8d\n", ":7:3: unknown key \"witin\"; did you mean \"within\"?"},
      {"  within: 5m\n", ":6:11: \"within\" wants \"count\""},
      {"  by: ip\n", ":6:7: \"by\" wants \"count\""},
      {"  count: 5\n  within: 1m\n  by: ipp\n",
       ":8:7: \"by\": the regex has no group \"ipp\"; did you mean \"ip\"?"},
      {"  count: 5\n  within: 1m\n  by: []\n", ":8:7: \"by\" wants one group"},
      {"  count: 5\n  within: 1m\n  distinct: pid\n",
       ":8:13: \"distinct\": the regex has no group"},
      {"  cooldown: 1m\n  distinct: user\n", ":7:13: \"distinct\" wants \"count\""},
      {"  followed_by: acme.other\n  within: 1m\n", ":6:16: followed_by: no rule \"acme.other\""},
      {"  followed_by: acme.rul\n  within: 1m\n", "did you mean \"acme.rule\"?"},
      {"  followed_by: 'login accepted'\n", ":6:16: \"followed_by\" wants \"within\""},
      {"  not_followed_by: '(login'\n  within: 1m\n", ":6:20: not_followed_by: missing )"},
      {"  not_followed_by: 'a|b'\n  within: 1m\n", ":6:20: not_followed_by has no 4 plain bytes"},
      {"  followed_by: 'login accepted'\n  within: 1m\n  by: ip\n",
       ":6:16: followed_by: it has no group \"ip\", which \"by\" asks for"},
      {"  followed_by: go.panic\n  within: 1m\n  by: ip\n",
       ":6:16: followed_by: go.panic has no group \"ip\""},
      {"  followed_by: 'login yes'\n  not_followed_by: 'login no'\n  within: 1m\n",
       ":7:20: \"followed_by\" and \"not_followed_by\" in one rule"},
      {"  kind: crash\n  count: 5\n  within: 1m\n",
       ":7:10: \"count\" goes with kind match; this is a crash"},
  };
  for (const auto& [keys, error] : cases) {
    const auto read = read_signatures(rule(keys), "acme.yaml");
    ASSERT_FALSE(read) << keys;
    EXPECT_NE(read.error().text.find(error), std::string::npos) << read.error().text << "\n"
                                                                << keys;
    EXPECT_TRUE(read.error().text.starts_with("acme.yaml:")) << read.error().text;
  }
}

}  // namespace
}  // namespace blip
