// The built-in pack says what it should of its own samples, and the reader tells of each mistake
// where it stands.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "rules/literal.h"
#include "rules/matcher.h"
#include "rules/signature.h"

namespace blip {
namespace {

// As a user's file it is checked whole: regexes, literals, each sample that must fire or must not.
TEST(Pack, EveryFileIsSound) {
  size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(BLIP_SOURCE_DIR) + "/rules/pack")) {
    if (file.path().extension() != ".yaml") continue;
    std::ostringstream yaml;
    yaml << std::ifstream(file.path()).rdbuf();
    const auto signatures = read_signatures(yaml.str(), file.path());
    ASSERT_TRUE(signatures) << signatures.error().text;
    EXPECT_FALSE(signatures->empty()) << file.path();
    count += signatures->size();
  }
  EXPECT_EQ(count, builtin_signatures().size());
}

TEST(Pack, EverySampleSaysWhatItShould) {
  for (const Signature& signature : builtin_signatures()) {
    const Matcher matcher(signature);
    Captures captures;
    for (const std::string& sample : signature.match) {
      EXPECT_TRUE(matcher.match(sample, captures)) << signature.id << ": " << sample;
    }
    for (const std::string& sample : signature.no_match) {
      EXPECT_FALSE(matcher.match(sample, captures)) << signature.id << ": " << sample;
    }
    EXPECT_FALSE(signature.source.empty()) << signature.id;
  }
}

TEST(Pack, IsWide) {
  std::set<std::string> systems;
  for (const Signature& signature : builtin_signatures()) systems.insert(signature.system);
  EXPECT_GE(builtin_signatures().size(), 110u);
  EXPECT_GE(systems.size(), 25u);
}

// A literal that is only in the samples would lose lines nobody has seen yet.
TEST(Pack, EveryLiteralIsRequiredByItsRegex) {
  for (const Signature& signature : builtin_signatures()) {
    const auto runs = required_runs(signature.regex);
    EXPECT_TRUE(std::any_of(runs.begin(), runs.end(),
                            [&signature](const std::string& run) {
                              return run.find(signature.literal) != std::string::npos;
                            }))
        << signature.id << " asks for \"" << signature.literal << "\"";
  }
}

// Which kinds may not be said of one and the same line.
bool contradict(SignatureKind a, SignatureKind b) {
  const auto begins = [](SignatureKind kind) {
    return kind == SignatureKind::start || kind == SignatureKind::ready ||
           kind == SignatureKind::boot;
  };
  const auto ends = [](SignatureKind kind) {
    return kind == SignatureKind::crash || kind == SignatureKind::oom ||
           kind == SignatureKind::exit || kind == SignatureKind::giveup ||
           kind == SignatureKind::stop_planned || kind == SignatureKind::reload;
  };
  return (begins(a) && ends(b)) || (begins(b) && ends(a));
}

TEST(Pack, NoSignatureContradictsAnothersSample) {
  std::vector<Matcher> matchers;
  for (const Signature& signature : builtin_signatures()) matchers.emplace_back(signature);
  for (const Signature& signature : builtin_signatures()) {
    for (const std::string& sample : signature.match) {
      for (size_t i = 0; i < matchers.size(); ++i) {
        const Signature& other = builtin_signatures()[i];
        Captures captures;
        if (!contradict(signature.kind, other.kind)) continue;
        EXPECT_FALSE(matchers[i].match(sample, captures))
            << other.id << " fires on a sample of " << signature.id << ": " << sample;
      }
    }
  }
}

// Business that uses the words of a life, and the lives of parts: neither starts nor ends a
// service.
TEST(Pack, BusinessWordsStartAndEndNothing) {
  const char* const lines[] = {
      "restarting worker shift for carol: starting new shift, old shift terminated",
      "starting transcoder for clip 3",
      "process started: dishwashing cycle 18",
      "worker 3 started, waiting for tasks",
      "customer reported a crash of his diet; killed the soup order, panic in the dining hall",
      "recycle: restarted idle connection 29",
      "upload 8ce terminated normally",
      "process exited with status 0 for clip",
      "transcoder for clip 68997 exited with status 0",
      "session started",
      "transaction started",
      "job started",
      "job 31d1fa07 finished",
      "frank started upload e22a9462",
      "client 10.0.2.210 aborted",
      "clip 46173: codec error, process killed by watchdog for clip",
      "connection pool size 8, schema version 231",
      "user logged out, shutting down session 7",
      "thread pool-1 shutting down",
      "host 10.0.0.1 is up",
      "battery 12.4 up",
      "waiter bob picked up order #30232",
      "listening to customers since 1999",
      "stopped listening to the radio",
      "sending SIGTERM to child 77",
      "elevator ready at floor 3",
      "order 7 is ready to serve",
      "payment service returned 502",
      "GET /restart?now=1 HTTP/1.1 200",
      "starting import of 12 rows",
      "migration 1.4.2 started",
      "plugin geo 2.0.1 ready",
      "update 1.4.2 is ready",
      "bus stop requested by passenger",
      "the exception was handled",
      "backup complete, starting verification of 3 files",
  };
  for (const Signature& signature : builtin_signatures()) {
    if (signature.worker || signature.kind == SignatureKind::degraded) continue;
    const Matcher matcher(signature);
    for (const char* line : lines) {
      Captures captures;
      EXPECT_FALSE(matcher.match(line, captures)) << signature.id << ": " << line;
    }
  }
}

TEST(Pack, NamesWhatASupervisorSpeaksOf) {
  struct Case {
    const char* id;
    const char* line;
    const char *service, *pid, *code, *signal;
  };
  const Case cases[] = {
      {"upstart.killed", "init: lobbyd main process (23991) killed by SEGV signal", "lobbyd",
       "23991", "", "SEGV"},
      {"upstart.terminated", "app (web-1) main process (4711) terminated with status 2", "app",
       "4711", "2", ""},
      {"systemd.killed", "orders.service: Main process exited, code=killed, status=9/KILL",
       "orders", "", "", "KILL"},
      {"supervisord.exited", "exited: shop (exit status 1; not expected)", "shop", "", "1", ""},
      {"pm2.killed", "App [site:0] exited with code [0] via signal [SIGKILL]", "site", "", "0",
       "SIGKILL"},
      {"kernel.oom_killed", "Out of memory: Killed process 7134 (java) total-vm:4928944kB", "java",
       "7134", "", ""},
      {"shell.segfault", "/srv/loop.sh: line 7:  5407 Segmentation fault      /srv/app", "", "5407",
       "", "SEGV"},
      {"heroku.exited", "heroku[web.1]: Process exited with status 143", "web.1", "", "143", ""},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(expected.line);
    const auto& all = builtin_signatures();
    const auto found = std::find_if(all.begin(), all.end(), [&expected](const Signature& one) {
      return one.id == expected.id;
    });
    ASSERT_NE(found, all.end()) << expected.id;
    Captures captures;
    ASSERT_TRUE(Matcher(*found).match(expected.line, captures));
    EXPECT_EQ(captures.service, expected.service);
    EXPECT_EQ(captures.pid, expected.pid);
    EXPECT_EQ(captures.code, expected.code);
    EXPECT_EQ(captures.signal, expected.signal);
  }
}

TEST(Matcher, UnlessTakesBackWhatTheRegexFound) {
  Signature signature;
  signature.regex = R"(server (?P<service>\w+) started)";
  signature.unless = "(?i)game";
  const Matcher matcher(signature);
  Captures captures;
  ASSERT_TRUE(matcher.match("server mail\xff started... server mail started", captures));
  EXPECT_EQ(captures.service, "mail");
  EXPECT_FALSE(matcher.match("server mail started a Game", captures));
  EXPECT_FALSE(matcher.match("", captures));
}

constexpr const char* kSound = R"(- id: acme.lost
  title: acme lost its broker
  kind: crash
  severity: error
  regex: 'FATAL broker (?P<service>\S+) unreachable'
  match: ['FATAL broker b1 unreachable']
  no_match: ['broker b1 unreachable']
)";

TEST(ReadSignatures, ReadsARule) {
  const auto read = read_signatures(kSound, "acme.yaml");
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->size(), 1u);
  const Signature& rule = read->front();
  EXPECT_EQ(rule.id, "acme.lost");
  EXPECT_EQ(rule.system, "acme");
  EXPECT_EQ(rule.kind, SignatureKind::crash);
  EXPECT_EQ(rule.severity, Severity::error);
  EXPECT_EQ(rule.literal, "FATAL broker ");
  EXPECT_EQ(rule.where, "acme.yaml:1");
  EXPECT_FALSE(rule.worker);
}

TEST(ReadSignatures, KindIsMatchAndSeverityWarningUnlessSaid) {
  const auto read = read_signatures(
      "- {id: a.b, title: t, regex: 'disk full', match: [disk full], no_match: [no]}\n", "x");
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->front().kind, SignatureKind::match);
  EXPECT_EQ(read->front().severity, Severity::warning);
}

TEST(ReadSignatures, AnEmptyFileHasNoRules) {
  for (const char* text : {"", "# only a comment\n", "---\n"}) {
    const auto read = read_signatures(text, "x");
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_TRUE(read->empty());
  }
}

// The sound rule with one line put in place of the one that begins like it; "" takes it out.
std::string with(std::string_view key, std::string_view line) {
  std::string text = kSound;
  const size_t begin = text.find("  " + std::string(key) + ":");
  const size_t end = text.find('\n', begin) + 1;
  return text.replace(begin, end - begin, line.empty() ? "" : std::string(line) + "\n");
}

TEST(ReadSignatures, TellsWhatIsWrongAndWhere) {
  struct Case {
    std::string yaml;
    const char* error;  // how it begins, after the name
  };
  const Case cases[] = {
      {with("regex", "  regexp: 'FATAL broker'"),
       ":5:3: unknown key \"regexp\"; did you mean \"regex\"?"},
      {with("title", "  banana: x"), ":2:3: unknown key \"banana\""},
      {with("kind", "  kind: crahs"), ":3:9: unknown kind \"crahs\"; did you mean \"crash\"?"},
      {with("severity", "  severity: criticl"),
       ":4:13: unknown severity \"criticl\"; did you mean \"critical\"?"},
      {with("kind", "  weak: true"), ":3:9: only a start or ready may be weak"},
      {with("kind", "  worker: yes"), ":3:11: \"worker\" is true or false"},
      {with("kind", "  title: again"), ":3:3: key \"title\" given twice"},
      {with("title", ""), ":1:3: no \"title\" in this rule"},
      {with("title", "  title: [a]"), ":2:10: \"title\" wants a text"},
      {with("match", ""), ":1:3: no \"match\" in this rule"},
      {with("no_match", ""), ":1:3: no \"no_match\" in this rule"},
      {with("match", "  match: []"), ":6:10: \"match\" wants a list with at least one line"},
      {with("match", "  match: ['FATAL broker b1 unreachable', 'broker b1 is fine']"),
       ":6:42: acme.lost does not fire on this"},
      {with("no_match", "  no_match: ['fine', 'FATAL broker b2 unreachable']"),
       ":7:22: acme.lost fires on this, and must not"},
      {with("match", "  match: [[a]]"), ":6:11: a sample is one line of text"},
      {with("regex", "  regex: 'FATAL (broker'"), ":5:10: regex: missing ): "},
      {with("regex", "  regex: '(?P<pid>a)(?P<pid>b)'"), ":5:10: regex names two groups alike"},
      {with("regex", "  regex: 'broker|x*'"), ":5:10: regex matches an empty line"},
      {with("regex", "  regex: '%{digits} broker b1'"), ":5:10: the only piece there is"},
      {with("regex", R"(  regex: '\w+ \w+ b1')"), ":5:10: regex has no 4 plain bytes"},
      {with("severity", "  literal: abc"), ":4:12: literal is shorter than 4 bytes"},
      {with("severity", "  literal: 'FATAL \"b'"), ":4:12: literal holds a byte that JSON may"},
      {with("severity", "  literal: 'FATAL node'"), ":6:11: literal \"FATAL node\" is not in this"},
      {with("severity", "  unless: '['"), ":4:11: unless: missing ]"},
      {kSound + std::string(kSound), ":8:7: id acme.lost is taken by acme.yaml:1"},
      {"- id: Acme Lost\n  title: t\n  regex: long enough\n  match: [long enough]\n"
       "  no_match: [x]\n",
       ":1:7: id \"Acme Lost\" is not like \"system.what\""},
      {"id: acme.lost\n", ":1:1: expected a list of rules"},
      {"- just a word\n", ":1:3: expected a rule"},
      {"- id: [\n", ":2:1: "},
      {"- id: a.b\n  title: \"unclosed\n", ":"},
      {std::string(kSound) + "---\n- id: b.c\n", ":9:1: a second document"},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(expected.yaml);
    const auto read = read_signatures(expected.yaml, "acme.yaml");
    ASSERT_FALSE(read);
    const std::string begin = std::string("acme.yaml") + expected.error;
    EXPECT_EQ(read.error().text.substr(0, begin.size()), begin);
  }
}

}  // namespace
}  // namespace blip
