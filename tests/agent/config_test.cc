// The configuration as people write it, right and wrong.

#include "agent/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace blip {
namespace {
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "blip-config-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<Config> parse(std::string_view yaml) {
  Config config;
  const Status merged = merge_config(yaml, "blip.yaml", config);
  if (!merged) return merged.error();
  return config;
}

constexpr std::string_view kWhole = R"(version: 1
sources:
  - service: app
    files: [/var/log/app/*.log, /var/log/upstart/app.log]
    exclude: ["*.dbg"]
    format: go_log
    timezone: +02:00
  - docker: {label: "blip.watch=true"}
  - journal: {units: ["*.service", cron]}
  - pipe: /run/app.fifo
    service: no
  - {stdin: true, service: 1.10}
  - journal: {}
store:  {path: /srv/blip.db, keep: 30d, max_size: 512MiB}
limits: {memory: 64MiB, line: 64KiB}
rules:  {dirs: [/etc/blip/rules.d], disable: [nginx.worker_code]}
backfill: 36h
probe: {every: 1m}
watch: {polling: true}
)";

TEST(Config, ReadsAllKeys) {
  const Result<Config> config = parse(kWhole);
  ASSERT_TRUE(config) << config.error().text;
  ASSERT_EQ(config->sources.size(), 6u);
  const SourceConfig& app = config->sources[0];
  EXPECT_EQ(app.kind, SourceKind::files);
  EXPECT_EQ(app.service, "app");
  EXPECT_EQ(app.files,
            (std::vector<std::string>{"/var/log/app/*.log", "/var/log/upstart/app.log"}));
  EXPECT_EQ(app.exclude, (std::vector<std::string>{"*.dbg"}));
  EXPECT_EQ(app.format, "go_log");
  EXPECT_EQ(app.timezone.offset_at(time_from_us(0)), std::chrono::hours(2));
  EXPECT_EQ(app.origin, "blip.yaml:3");
  EXPECT_EQ(config->sources[1].labels, (std::vector<std::string>{"blip.watch=true"}));
  EXPECT_EQ(config->sources[2].units, (std::vector<std::string>{"*.service", "cron"}));
  EXPECT_EQ(config->sources[3].kind, SourceKind::pipe);
  EXPECT_EQ(config->sources[3].path, "/run/app.fifo");
  EXPECT_EQ(config->sources[3].service, "no");  // not false
  EXPECT_EQ(config->sources[4].kind, SourceKind::standard_input);
  EXPECT_EQ(config->sources[4].service, "1.10");  // not 1.1
  EXPECT_TRUE(config->sources[5].units.empty());
  EXPECT_EQ(*config->store.path, "/srv/blip.db");
  EXPECT_EQ(*config->store.keep, std::chrono::hours(30 * 24));
  EXPECT_EQ(*config->store.max_size, uint64_t{512} << 20);
  EXPECT_EQ(config->store.keep.origin, "blip.yaml:14");
  EXPECT_EQ(*config->limits.memory, uint64_t{64} << 20);
  EXPECT_EQ(*config->limits.line, uint64_t{64} << 10);
  EXPECT_EQ(*config->rules.dirs.at(0), "/etc/blip/rules.d");
  EXPECT_EQ(*config->rules.disable.at(0), "nginx.worker_code");
  EXPECT_EQ(*config->backfill, std::chrono::hours(36));
  EXPECT_EQ(*config->probe, std::chrono::minutes(1));
  EXPECT_TRUE(*config->polling);
}

TEST(Config, NothingSaidIsBuiltIn) {
  for (const std::string_view yaml : {"", "# nothing\n", "version: 1\n", "---\n"}) {
    const Result<Config> config = parse(yaml);
    ASSERT_TRUE(config) << yaml << config.error().text;
    EXPECT_TRUE(config->sources.empty());
    EXPECT_EQ(*config->store.keep, std::chrono::hours(90 * 24));
    EXPECT_EQ(*config->backfill, std::chrono::hours(7 * 24));
    EXPECT_EQ(config->backfill.origin, "built in");
  }
  EXPECT_EQ(parse("probe: off")->probe.value.count(), 0);
  EXPECT_EQ(parse("probe: {every: off}")->probe.value.count(), 0);
  EXPECT_EQ(parse("backfill: 0s")->backfill.value.count(), 0);
}

struct Wrong {
  std::string_view yaml, says;
};

TEST(Config, SaysWhatIsWrongAndWhere) {
  const Wrong cases[] = {
      {"stroe: {}", "blip.yaml:1:1: unknown key \"stroe\"; did you mean \"store\"?"},
      {"sources:\n  - servce: app",
       "blip.yaml:2:5: unknown key \"servce\"; did you mean \"service\"?"},
      {"store: {keep: 90}", "blip.yaml:1:15: keep is \"90\"; give a number and a unit: 90d"},
      {"store: {keep: 1s}", "give 1h to"},
      {"store: {keep: 99999999999999999999d}", "give a number and a unit"},
      {"store: {max_size: 2G}", "give a number and a unit: 2GiB"},
      {"store: {max_size: -1MiB}", "give a number and a unit: 2GiB"},
      {"store: {max_size: 18446744073709551615TiB}", "give a number and a unit: 2GiB"},
      {"store: {path: blip.db}", "\"blip.db\" is not absolute"},
      {"store: [a]", "store wants keys and values"},
      {"store:", "store wants keys and values"},
      {"store: {keep: }", "keep wants a text"},
      {"limits: {line: 2MiB}", "give 1KiB to 1MiB"},
      {"limits: {memory: 1MiB}", "give 32MiB to 1TiB"},
      {"backfill: soon", "backfill is \"soon\""},
      {"probe: 0s", "give 1s to"},
      {"watch: {polling: maybe}", "it is true or false"},
      {"version: 2", "this blip knows version 1"},
      {"notify:\n  - {to: webhook}", "1:1: \"notify\" is not supported yet"},
      {"metrics: {listen: x}", "\"metrics\" is not supported yet"},
      {"fleet: {url: x}", "\"fleet\" is not supported yet"},
      {"- a", "a configuration wants keys and values"},
      {"store: {keep: 1d, keep: 2d}", "1:19: key \"keep\" given twice"},
      {"sources: {files: [/a]}", "sources wants a list"},
      {"sources: [{service: a}]", "a source needs one of \"files\""},
      {"sources: [{files: [/a], docker: {}}]", "make two of them"},
      {"sources: [{journal: {}, exclude: [a]}]", "exclude goes with files"},
      {"sources: [{files: [logs/a.log]}]", "\"logs/a.log\" is not absolute"},
      {"sources: [{files: []}]", "empty list"},
      {"sources: [{files: [/a], format: go_lgo}]",
       "no format \"go_lgo\"; did you mean \"go_log\"?"},
      {"sources: [{files: [/a], timezone: Mars/Base}]", "no time zone \"Mars/Base\""},
      {"sources: [{journal: {unit: a}}]", "did you mean \"units\"?"},
      {"sources: [{stdin: no}]", "stdin is true"},
      {"a: b: c", "blip.yaml:1:5: "},
      {"store: {keep: 1d}\n---\nstore: {keep: 2d}", "a second document"},
      {"[[[[", "blip.yaml:"},
      {"store: {path: \"/a\\x00b\"}", "control character"},
      {"? {a: b}\n: c", "a key is a word"},
  };
  for (const Wrong& wrong : cases) {
    const Result<Config> config = parse(wrong.yaml);
    ASSERT_FALSE(config) << wrong.yaml;
    EXPECT_NE(config.error().text.find(wrong.says), std::string::npos)
        << wrong.yaml << "\nsaid: " << config.error().text;
  }
}

TEST(Config, TellsAllMistakesAtOnceUpToALimit) {
  const Result<Config> two = parse("store: {keep: x}\nlimits: {line: y}\n");
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().text.find("1:15"), std::string::npos);
  EXPECT_NE(two.error().text.find("2:16"), std::string::npos);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "key" + std::to_string(i) + ": x\n";
  const Result<Config> limited = parse(many);
  ASSERT_FALSE(limited);
  const std::string& text = limited.error().text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 19);
}

TEST(Config, HostileTextEndsInAnError) {
  EXPECT_FALSE(parse(std::string(100'000, '[')));
  EXPECT_FALSE(parse(std::string(1000, '-') + "\xff\xfe\x80: {"));
  EXPECT_FALSE(parse("store: {path: /" + std::string(5000, 'x') + "}"));
  // An alias bomb is never unrolled: nothing reads deeper than the schema.
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
            static_cast<char>(c - 1) + "]\n";
  }
  EXPECT_FALSE(parse(bomb));
}

TEST(Config, FilesOfTheFolderAreMergedByName) {
  const TempFolder folder;
  const std::string main = folder.write(
      "blip.yaml", "store: {keep: 30d, max_size: 1GiB}\nsources: [{files: [/a.log]}]\n");
  const std::string ten = folder.write("conf.d/10-a.yaml", "store: {keep: 40d}\n");
  const std::string twenty =
      folder.write("conf.d/20-b.yaml", "sources: [{files: [/b.log]}]\nstore: {keep: 50d}\n");
  folder.write("conf.d/README", "not: [read");
  folder.write("conf.d/.hidden.yaml", "not: [read");
  const Result<Config> config = read_config(main);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->files, (std::vector<std::string>{main, ten, twenty}));
  EXPECT_EQ(*config->store.keep, std::chrono::hours(50 * 24));
  EXPECT_EQ(config->store.keep.origin, twenty + ":2");
  EXPECT_EQ(config->store.max_size.origin, main + ":1");
  ASSERT_EQ(config->sources.size(), 2u);
  EXPECT_EQ(config->sources[1].files[0], "/b.log");

  bool told = false;
  for (const ConfigRow& row : config_rows(*config)) {
    if (row.key != "store.keep") continue;
    told = true;
    EXPECT_EQ(row.value, "50d");
    EXPECT_EQ(row.origin, twenty + ":2");
  }
  EXPECT_TRUE(told);

  folder.write("conf.d/30-c.yaml", "stor: x\n");
  folder.write("conf.d/40-d.yaml", "limit: x\n");
  const Result<Config> wrong = read_config(main);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text.find("30-c.yaml:1:1: "), std::string::npos) << wrong.error().text;
  EXPECT_NE(wrong.error().text.find("40-d.yaml:1:1: "), std::string::npos) << wrong.error().text;
}

TEST(Config, NoFileIsNoError) {
  const TempFolder folder;
  const Result<Config> none = read_config(folder.path() + "/none.yaml");
  ASSERT_TRUE(none) << none.error().text;
  EXPECT_TRUE(none->files.empty());
  EXPECT_FALSE(read_config(folder.path()));  // a folder is no file
}

TEST(Config, QuantitiesAreWrittenAsTheyAreRead) {
  EXPECT_EQ(duration_text(std::chrono::hours(90 * 24)), "90d");
  EXPECT_EQ(duration_text(std::chrono::seconds(90)), "90s");
  EXPECT_EQ(duration_text(std::chrono::seconds(0)), "0s");
  EXPECT_EQ(size_text(uint64_t{2} << 30), "2GiB");
  EXPECT_EQ(size_text(1'500'000), "1500000B");
}
}  // namespace
}  // namespace blip
