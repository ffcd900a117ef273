// Words into arguments, flags on either side of the command, and what is said of wrong ones; times,
// kinds and store paths that the common flags name.

#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/help.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "cli/when.h"

namespace blip {
namespace {
Result<Arguments> read(std::vector<const char*> words) {
  words.insert(words.begin(), "blip");
  return read_arguments(static_cast<int>(words.size()), words.data());
}

// Sets a variable for one test.
class Env {
 public:
  Env(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Env() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Arguments, FlagsStandOnEitherSide) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"--since", "2h", "-n5", "events", "--kind", "crash"},
           {"events", "--kind=crash", "--since=2h", "-n", "5"},
           {"--kind", "crash", "--limit=5", "events", "--since", "1h", "--since", "2h"}}) {
    const Result<Arguments> arguments = read(words);
    ASSERT_TRUE(arguments) << arguments.error().text;
    EXPECT_EQ(arguments->command->name, "events");
    EXPECT_EQ(arguments->since, "2h");
    EXPECT_EQ(arguments->limit, 5u);
    EXPECT_EQ(arguments->kinds, "crash");
    EXPECT_TRUE(arguments->operands.empty());
  }
}

TEST(Arguments, BareBlipIsTheOverview) {
  const Result<Arguments> arguments = read({});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->command->name, "overview");
}

TEST(Arguments, OperandsMayLookLikeFlags) {
  const Result<Arguments> arguments = read({"scan", "-", "--utc", "--", "--odd.log"});
  ASSERT_TRUE(arguments) << arguments.error().text;
  EXPECT_EQ(arguments->operands, (std::vector<std::string>{"-", "--odd.log"}));
  EXPECT_TRUE(arguments->utc);
  const Result<Arguments> offset = read({"scan", "a", "--timezone", "-02:00"});
  ASSERT_TRUE(offset) << offset.error().text;
  EXPECT_EQ(offset->timezone, "-02:00");
}

struct Wrong {
  std::vector<const char*> words;
  std::string_view says;
};

TEST(Arguments, WrongOnesAreToldWhatToType) {
  const Wrong cases[] = {
      {{"restrats"}, "did you mean restarts?"},
      {{"frobnicate"}, "no command 'frobnicate'"},
      {{"/dev/null"}, "blip scan /dev/null"},
      {{"restarts", "--sicne", "2h"}, "no flag '--sicne'; did you mean --since?"},
      {{"restarts", "--sicne=2h"}, "did you mean --since?"},
      {{"-Z"}, "no flag '-Z'"},
      {{"restarts", "--since"}, "--since needs a value"},
      {{"restarts", "--keep"}, "--keep is not for restarts"},
      {{"restarts", "-n", "many"}, "--limit is 'many'; give a whole number"},
      {{"restarts", "-n", "-1"}, "--limit is '-1'"},
      {{"restarts", "-n", "99999999999999999999999"}, "give a whole number"},
      {{"restarts", "--min-confidence", "2"}, "from 0 to 1"},
      {{"restarts", "--min-confidence", "nan"}, "from 0 to 1"},
      {{"restarts", "extra"}, "'extra' is too much"},
      {{"scan"}, "blip scan PATH..."},
      {{"why"}, "blip why ID"},
      {{"why", "a", "b"}, "'b' is too much"},
      {{"bad\x1b[31m"}, "'bad\\x1b[31m'"},
  };
  for (const Wrong& wrong : cases) {
    const Result<Arguments> arguments = read(wrong.words);
    ASSERT_FALSE(arguments) << wrong.says;
    EXPECT_NE(arguments.error().text.find(wrong.says), std::string::npos)
        << arguments.error().text << " lacks " << wrong.says;
  }
}

TEST(Arguments, TheEnvironmentComesSecond) {
  const Env since("BLIP_SINCE", "3d"), ascii("BLIP_ASCII", "1");
  const Result<Arguments> from_env = read({"restarts"});
  ASSERT_TRUE(from_env);
  EXPECT_EQ(from_env->since, "3d");
  EXPECT_TRUE(from_env->ascii);
  EXPECT_EQ(read({"restarts", "--since", "1h"})->since, "1h");
  const Env limit("BLIP_LIMIT", "x");
  const Result<Arguments> wrong = read({"restarts"});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text.find("BLIP_LIMIT is 'x'"), std::string::npos) << wrong.error().text;
}

TEST(Arguments, EveryFlagHasHelpAndAnOwner) {
  const std::string general = general_help();
  for (const Flag& flag : common_flags()) {
    EXPECT_FALSE(flag.help.empty()) << flag.names;
    EXPECT_NE(general.find(flag.name()), std::string::npos) << flag.names;
  }
  for (const Command* command : all_commands()) {
    EXPECT_NE(general.find(command->summary), std::string::npos) << command->name;
    EXPECT_EQ(find_command(command->name), command);
    const std::string help = command_help(*command);
    for (const Flag& flag : command->flags) {
      EXPECT_NE(help.find(flag.name()), std::string::npos) << flag.names;
    }
    for (std::string_view rest = help; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      EXPECT_LE(end, 100u) << rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

// 2014-06-24T19:50:53Z, a Tuesday.
constexpr Time kNow = time_from_us(1'403'639'453'000'000);
const Clock kUtc{Zone{.kind = Zone::Kind::fixed}};
const Clock kEast{Zone{Zone::Kind::fixed, 5h}};

TEST(When, UnderstandsWhatPeopleType) {
  const std::pair<std::string_view, int64_t> cases[] = {
      {"2h", 1'403'639'453 - 7200},
      {"3d", 1'403'639'453 - 3 * 86'400},
      {"90s", 1'403'639'453 - 90},
      {"1w", 1'403'639'453 - 7 * 86'400},
      {"now", 1'403'639'453},
      {"today", 1'403'568'000},
      {"yesterday", 1'403'481'600},
      {"last-night", 1'403'546'400},
      {"2014-06-24", 1'403'568'000},
      {"2014-06-24T19:50:53Z", 1'403'639'453},
      {"2014-06-24 19:50", 1'403'639'400},
      {"2014-06-24T21:50:53+02:00", 1'403'639'453},
      {"@1403639453", 1'403'639'453},
  };
  for (const auto& expected : cases) {
    const Result<Period> period = parse_when(expected.first, kNow, kUtc);
    ASSERT_TRUE(period) << expected.first << ": " << period.error().text;
    EXPECT_EQ(to_us(period->from), expected.second * 1'000'000) << expected.first;
  }
  EXPECT_EQ(to_us(parse_when("last-night", kNow, kUtc)->to), 1'403'600'400'000'000);
  // It is already the 25th there.
  EXPECT_EQ(to_us(parse_when("today", kNow, kEast)->from),
            (1'403'654'400 - 5 * 3600) * 1'000'000LL);
  EXPECT_EQ(to_us(parse_when("2014-06-24", kNow, kEast)->from),
            (1'403'568'000 - 5 * 3600) * 1'000'000LL);
}

TEST(When, RefusesTheRest) {
  for (const std::string_view bad :
       {"", "h", "2x", "-2h", "2014-13-01", "2014-06-24T", "soon", "@", "@-1", "@99999999999999999",
        "99999999999d", "4294967295w", "2014-06-24T19:50:53Zjunk"}) {
    EXPECT_FALSE(parse_when(bad, kNow, kUtc)) << bad;
  }
}

Result<View> view_of(const std::vector<const char*>& words) {
  return read_view(*read(words), kNow);
}

TEST(View, ChecksWhatFlagsMean) {
  const Result<View> view =
      view_of({"restarts", "--since", "last-night", "--fail-on", "crash:error,restart", "--utc"});
  ASSERT_TRUE(view) << view.error().text;
  EXPECT_EQ(view->query.until - view->query.since, 15h);
  EXPECT_EQ(view->fail_on.size(), 2u);
  EXPECT_TRUE(view->fails({{.kind = EventKind::restart}}));
  EXPECT_FALSE(view->fails({{.kind = EventKind::crash, .severity = Severity::warning}}));
  EXPECT_TRUE(view->fails({{.kind = EventKind::crash, .severity = Severity::critical}}));
  EXPECT_FALSE(view->fails({{.kind = EventKind::leak, .severity = Severity::critical}}));
  const Wrong cases[] = {
      {{"restarts", "-o", "jsno"}, "did you mean json?"},
      {{"restarts", "--color", "yes"}, "--color is 'yes'"},
      {{"restarts", "--tz", "Mars"}, "--tz is 'Mars'"},
      {{"restarts", "--since", "soon"}, "--since 'soon' is no time"},
      {{"restarts", "--since", "1h", "--until", "2h"}, "swap them"},
      {{"restarts", "--fail-on", "crsh"}, "did you mean crash?"},
      {{"restarts", "--fail-on", "crash:bad"}, "no severity 'bad'"},
  };
  for (const Wrong& wrong : cases) {
    const Result<View> refused = view_of(wrong.words);
    ASSERT_FALSE(refused) << wrong.says;
    EXPECT_NE(refused.error().text.find(wrong.says), std::string::npos) << refused.error().text;
  }
}

TEST(StorePath, FlagThenEnvironmentThenHome) {
  const Env state("XDG_STATE_HOME", "/tmp/state");
  Arguments arguments;
  EXPECT_EQ(choose_store(arguments, Access::read_only)->path, "/tmp/state/blip/blip.db");
  {
    const Env relative("XDG_STATE_HOME", "not/absolute"), home("HOME", "/home/ann");
    EXPECT_EQ(choose_store(arguments, Access::read_only)->path,
              "/home/ann/.local/state/blip/blip.db");
  }
  const Env db("BLIP_DB", "/tmp/env.db");
  EXPECT_EQ(choose_store(arguments, Access::read_only)->path, "/tmp/env.db");
  arguments.db = "/tmp/flag.db";
  EXPECT_EQ(choose_store(arguments, Access::read_only)->path, "/tmp/flag.db");
}
}  // namespace
}  // namespace blip
