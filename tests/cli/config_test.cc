// blip config init, check and show, and blip doctor: the real program.

#include "tests/cli/support.h"

namespace blip {
namespace {
TEST(ConfigCommand, InitWritesWhatCheckAccepts) {
  const TempFolder folder;
  const std::string path = folder / "etc/blip.yaml";
  const Outcome written = run_blip(folder, {"config", "init", "-c", path});
  ASSERT_EQ(written.code, 0) << written.err;
  EXPECT_TRUE(has(written.out, "wrote " + path)) << written.out;
  const std::string text = contents_of(path);
  EXPECT_TRUE(has(text, "version: 1\n")) << text;
  const Outcome checked = run_blip(folder, {"config", "check", "-c", path});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.out, path + ": ok\n");

  std::ofstream(path, std::ios::app) << "# mine\n";
  const Outcome refused = run_blip(folder, {"config", "init", "-c", path});
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(has(refused.err, "--force replaces it")) << refused.err;
  EXPECT_EQ(contents_of(path), text + "# mine\n");
  EXPECT_EQ(run_blip(folder, {"config", "init", "--force", "-c", path}).code, 0);
  EXPECT_EQ(contents_of(path), text);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "etc")) {
    files += entry.exists() ? 1 : 0;
  }
  EXPECT_EQ(files, 1u);  // no half-written file beside it
}

TEST(ConfigCommand, InitSaysWhenItMayNotWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "needs another user";
  const TempFolder folder;
  const Outcome refused = run_blip(folder, {"config", "init", "-c", folder / "blip.yaml"}, kNobody);
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(has(refused.err, "Permission denied; run as root")) << refused.err;
}

TEST(ConfigCommand, CheckSaysWhereAndExitsWithThree) {
  const TempFolder folder;
  const std::string path = folder.write(
      "blip.yaml", "sources:\n  - servce: app\n    files: [/a.log]\nstore: {keep: 90}\n");
  const Outcome wrong = run_blip(folder, {"config", "check", "--config", path});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_EQ(wrong.out, "");
  EXPECT_TRUE(has(wrong.err, path + ":2:5: unknown key \"servce\"; did you mean \"service\"?"))
      << wrong.err;
  EXPECT_TRUE(has(wrong.err, path + ":4:15: keep is \"90\"")) << wrong.err;
  for (const char* command : {"show", "check"}) {
    EXPECT_EQ(run_blip(folder, {"config", command}, 0, {"BLIP_CONFIG=" + path}).code, 3);
  }
  EXPECT_EQ(run_blip(folder, {"doctor", "-c", path}).code, 3);
  const Outcome missing = run_blip(folder, {"config", "check", "-c", folder / "no.yaml"});
  EXPECT_EQ(missing.code, 3);
  EXPECT_TRUE(has(missing.err, "make it: blip config init")) << missing.err;
}

TEST(ConfigCommand, CheckReadsTheRulesToo) {
  const TempFolder folder;
  folder.write("rules/acme.yaml",
               "- id: acme.lost\n  title: lost\n  regex: 'lost broker'\n"
               "  match: ['it lost broker 1']\n  no_match: ['lost nothing']\n");
  const std::string dirs = "rules: {dirs: [" + (folder / "rules") + "], disable: [";
  const std::string path = folder.write("blip.yaml", dirs + "acme.lost, go.panic]}\n");
  EXPECT_EQ(run_blip(folder, {"config", "check", "-c", path}).code, 0);
  folder.write("blip.yaml", dirs + "go.panik]}\n");
  const Outcome unknown = run_blip(folder, {"config", "check", "-c", path});
  EXPECT_EQ(unknown.code, 3);
  const std::string place = path + ":1:" + std::to_string(dirs.size() + 1);
  EXPECT_TRUE(has(unknown.err, place + ": no rule \"go.panik\"; did you mean \"go.panic\"?"))
      << unknown.err;
  folder.write("blip.yaml", "rules: {dirs: [" + (folder / "none") + "]}\n");
  const Outcome missing = run_blip(folder, {"config", "check", "-c", path});
  EXPECT_EQ(missing.code, 3);
  EXPECT_TRUE(has(missing.err, path + ":1:16: ")) << missing.err;
}

TEST(ConfigCommand, ShowNamesTheOriginOfEachValue) {
  const TempFolder folder;
  const std::string path =
      folder.write("blip.yaml", "sources: [{files: [/a.log], service: app}]\nstore: {keep: 30d}\n");
  const std::string more = folder.write("conf.d/10.yaml", "backfill: 1d\n");
  const Outcome shown = run_blip(folder, {"config", "show", "-c", path, "-o", "csv"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  for (const std::string& line :
       {"sources[1].files,/a.log," + path + ":1", "sources[1].service,app," + path + ":1",
        "store.keep,30d," + path + ":2", "backfill,1d," + more + ":1",
        std::string("store.max_size,2GiB,built in")}) {
    EXPECT_TRUE(has(shown.out, line)) << line << "\n" << shown.out;
  }
  const Outcome json = run_blip(folder, {"config", "show", "-c", path, "--json"});
  EXPECT_TRUE(has(json.out, "{\"key\":\"store.keep\",\"value\":\"30d\",\"origin\":\"" + path))
      << json.out;
}

TEST(DoctorCommand, TellsWhatIsWrongAndExitsWithFour) {
  const TempFolder folder;
  const std::string log = folder.write("app.log", "2024-06-24 19:50:53 info listening\n");
  const std::string path =
      folder.write("blip.yaml", "sources: [{files: [" + log +
                                    "]}]\nstore: {path: " + (folder / "no/blip.db") + "}\n");
  const Outcome sick = run_blip(folder, {"doctor", "-c", path});
  EXPECT_EQ(sick.code, 4) << sick.out;
  EXPECT_TRUE(has(sick.out, "ok       " + log)) << sick.out;
  EXPECT_TRUE(has(sick.out, "problem  " + (folder / "no/blip.db"))) << sick.out;
  EXPECT_TRUE(has(sick.out, "1 problem, ")) << sick.out;
  const Outcome well = run_blip(folder, {"doctor", "-c", path, "--db", folder / "blip.db"});
  EXPECT_EQ(well.code, 0) << well.out;
  EXPECT_TRUE(has(well.out, "0 problems, ")) << well.out;
  const Outcome json = run_blip(folder, {"doctor", "-c", path, "--json"});
  EXPECT_EQ(json.code, 4);
  EXPECT_TRUE(has(json.out, "{\"schema\":1,\"findings\":[{\"verdict\":\"ok\"")) << json.out;
  if (geteuid() != 0) return;
  std::filesystem::permissions(log, std::filesystem::perms(0600));
  const Outcome nobody =
      run_blip(folder, {"doctor", "-c", path, "--db", folder / "blip.db"}, kNobody);
  EXPECT_EQ(nobody.code, 4);
  EXPECT_TRUE(has(nobody.out, "problem  " + log + "  user nobody may not read it: ")) << nobody.out;
}
}  // namespace
}  // namespace blip
