// The verbs that show what a lab holds, on a small lab, as a person and as a program sees them.
#include <gtest/gtest.h>

#include "base/file.h"
#include "cli/contamination.h"
#include "cli/key.h"
#include "cli/ls.h"
#include "cli/render.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "cli/trace.h"
#include "cli/verify.h"
#include "data/corpus_stage.h"
#include "ledger/lab.h"
#include "serve/service_store.h"

namespace persea {
namespace {

class VerbsTest : public ::testing::Test {
 protected:
  VerbsTest() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "verbs"))) {
    auto lab = Lab::open(dir_.path() / "lab");
    EXPECT_TRUE(lab.ok()) << lab.error().message;
    corpus_ = make(*lab, "corpus", {});
    tokenizer_ = make(*lab, "tokenizer", {{"corpus", corpus_.id}});
    tokens_ = make(*lab, "tokens", {{"corpus", corpus_.id}, {"tokenizer", tokenizer_.id}});
  }
  static Artifact make(Lab& lab, const std::string& kind, std::vector<std::pair<std::string, std::string>> inputs) {
    const StageSpec spec{kind, 1, {{"clean", {{"min", 20}}}, {"rate", 0.25}}, std::move(inputs)};
    auto result = lab.run(spec, [&](StageContext& context) -> Status {
      context.fact("documents", 12345);
      context.fact("loss", 1.23456789);
      context.add_tokens(5000);
      return write_file(context.out() / "data.bin", std::string(2000, 'x'));
    });
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(result->artifact);
  }

  struct Outcome {
    int status;
    std::string out, err;
  };
  Outcome run(std::vector<std::string> words, bool json = false) {
    CliContext context;
    context.lab = (dir_.path() / "lab").string();
    context.json = json;
    VerbAction action;
    CLI::App app("test", "persea");
    add_contamination(app, context, action);
    add_ls(app, context, action);
    add_render(app, context, action);
    add_show(app, context, action);
    add_trace(app, context, action);
    add_verify(app, context, action);
    add_key(app, context, action);
    add_user(app, context, action);
    add_feedback(app, context, action);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = action();
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TempDir dir_;
  Artifact corpus_, tokenizer_, tokens_;
};

TEST_F(VerbsTest, LsListsTheArtifacts) {
  const Outcome table = run({"ls"});
  EXPECT_EQ(table.status, 0);
  EXPECT_LT(table.out.find(corpus_.id), table.out.find(tokens_.id));
  EXPECT_TRUE(has(table.out, "documents 12,345 · loss 1.235")) << table.out;
  const Outcome kind = run({"ls", "tokens"});
  EXPECT_TRUE(has(kind.out, tokens_.id) && !has(kind.out, corpus_.id)) << kind.out;
  const Json document = Json::parse(run({"ls"}, true).out);
  ASSERT_EQ(document.at("artifacts").size(), 3u);
  EXPECT_EQ(document.at("artifacts")[0].at("bytes"), 2000);
}

TEST_F(VerbsTest, ShowTellsEverything) {
  const Outcome shown = run({"show", "tokens"});
  EXPECT_EQ(shown.status, 0);
  for (const char* part : {"clean.min", "20", "rate", "0.25", "documents", "12,345", "data.bin", "5.0k tokens"}) {
    EXPECT_TRUE(has(shown.out, part)) << part << " in\n" << shown.out;
  }
  EXPECT_TRUE(has(shown.out, corpus_.id) && has(shown.out, tokenizer_.id)) << shown.out;
  EXPECT_TRUE(has(run({"show", corpus_.id}).out, tokens_.id));
  const Json document = Json::parse(run({"show", tokens_.id.substr(7)}, true).out);
  EXPECT_EQ(document.at("id"), tokens_.id);
  EXPECT_EQ(document.at("inputs").size(), 2u);
}

TEST_F(VerbsTest, TraceDrawsATree) {
  const Outcome traced = run({"trace", "tokens"});
  EXPECT_EQ(traced.status, 0);
  EXPECT_TRUE(has(traced.out, "├─ corpus: " + corpus_.id)) << traced.out;
  EXPECT_TRUE(has(traced.out, "└─ tokenizer: " + tokenizer_.id)) << traced.out;
  EXPECT_TRUE(has(traced.out, "   └─ corpus: " + corpus_.id)) << traced.out;
  EXPECT_EQ(Json::parse(run({"trace", "tokens"}, true).out).at("nodes").size(), 3u);
  fs::remove_all(corpus_.path);
  EXPECT_TRUE(has(run({"trace", "tokens"}).out, corpus_.id + "  "));
}

TEST_F(VerbsTest, VerifyTellsByItsStatus) {
  EXPECT_EQ(run({"verify"}).status, 0);
  fs::remove(corpus_.file("data.bin"));
  ASSERT_TRUE(write_file(corpus_.file("data.bin"), std::string(2000, 'y')).ok());
  const Outcome damaged = run({"verify"});
  EXPECT_EQ(damaged.status, 1);
  EXPECT_TRUE(has(damaged.out, corpus_.id + "/data.bin: altered")) << damaged.out;
  EXPECT_EQ(run({"verify", "tokens"}).status, 0);
  const Outcome json = run({"verify", "corpus"}, true);
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(Json::parse(json.out).at("damages").at(0).at("file"), "data.bin");
}

TEST_F(VerbsTest, ContaminationSplitsATest) {
  const fs::path text = dir_.path() / "text", task = dir_.path() / "riddles.jsonl", out = dir_.path() / "split.jsonl";
  fs::create_directories(text);
  // Which document is kept for validation follows from its text: of two copies at least one is trained on.
  for (const char* name : {"a.txt", "b.txt"})
    ASSERT_TRUE(write_file(text / name, fmt::format("A story ({}). The farmer keeps SEVENTEEN speckled hens behind the "
                                                    "crooked windmill; how many eggs does the magpie steal? The end.",
                                                    name))
                    .ok());
  ASSERT_TRUE(
      write_file(task,
                 "{\"id\": \"hens\", \"question\": \"The farmer keeps seventeen speckled hens behind the crooked "
                 "windmill. How many eggs does the magpie steal?\"}\n"
                 "{\"id\": \"whales\", \"question\": \"Which of the four gray whales sings the lowest note near "
                 "the harbour in late November?\"}\n{\"id\": \"short\", \"question\": \"Who is it?\"}\n")
          .ok());
  std::string model;
  {
    auto lab = Lab::open(dir_.path() / "lab");
    ASSERT_TRUE(lab.ok());
    CorpusSettings settings;
    settings.path = text;
    const auto corpus = run_corpus_stage(*lab, settings, true);
    ASSERT_TRUE(corpus.ok()) << corpus.error().message;
    model = make(*lab, "model", {{"corpus", corpus->artifact.id}}).id;
  }
  const Json document = Json::parse(run({"contamination", model, task.string(), "--out", out.string()}, true).out);
  EXPECT_EQ(document.at("items"), 3);
  EXPECT_EQ(document.at("contaminated"), 1);
  EXPECT_EQ(document.at("untellable"), 1);
  ASSERT_EQ(document.at("found").size(), 1u);
  EXPECT_EQ(document.at("found")[0].at("id"), "hens");
  EXPECT_EQ(document.at("found")[0].at("places")[0].at("part"), "training");
  const auto lines = read_file(out);
  ASSERT_TRUE(lines.ok());
  EXPECT_TRUE(has(*lines, "\"state\":\"contaminated\"") && has(*lines, "\"state\":\"clean\"") &&
              has(*lines, "\"state\":\"cannot be told\""))
      << *lines;
  const Outcome shown = run({"contamination", model, task.string()});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_TRUE(has(shown.out, "1 of 3 items contaminated (33.33%), 1 cannot be told")) << shown.out;
  EXPECT_TRUE(has(shown.out, "text: The farmer keeps SEVENTEEN")) << shown.out;
  EXPECT_EQ(run({"contamination", model, (dir_.path() / "none.jsonl").string()}).status, 1);
  EXPECT_EQ(run({"contamination", model, task.string(), "--mode", "align"}).status, 1);
}

TEST_F(VerbsTest, KeysComeAndGo) {
  const Outcome made = run({"key", "add", "laptop", "--user", "ann", "--at-once", "2"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with("psk_")) << made.out;
  const Json listed = Json::parse(run({"key", "list"}, true).out);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].at("user"), "ann");
  const std::string id = listed[0].at("id");
  EXPECT_TRUE(has(run({"key", "list"}).out, "2 at once"));
  EXPECT_EQ(run({"key", "revoke", id}).status, 0);
  EXPECT_EQ(run({"key", "revoke", id}).status, 1);
  EXPECT_TRUE(has(run({"key", "list"}).out, "(revoked)"));
  EXPECT_TRUE(has(run({"key", "add", "x", "--scope", "generat"}).err, "did you mean generate?"));
}

TEST_F(VerbsTest, RepliesAreTracedAndForgotten) {
  {
    auto store = ServiceStore::open(dir_.path() / "lab");
    ASSERT_TRUE(store.ok()) << store.error().message;
    ReplyRecord reply{.id = "00ff", .owner = {.user = "ann"}, .model = "tiny", .digest = "d1", .artifact = tokens_.id};
    ASSERT_TRUE(store->replies.add({reply}).ok());
    ASSERT_TRUE(store->replies.say({.reply = "00ff", .owner = {.user = "ann"}, .rating = 1, .comment = "good"}).ok());
  }
  const Outcome traced = run({"trace", "chatcmpl-00ff"});
  EXPECT_EQ(traced.status, 0) << traced.err;
  EXPECT_TRUE(has(traced.out, "└─ model: tiny  sha256 d1")) << traced.out;
  EXPECT_TRUE(has(traced.out, corpus_.id)) << "and on to the sources";
  EXPECT_EQ(Json::parse(run({"trace", "resp_00ff"}, true).out).at("lineage").at("nodes").size(), 3u);
  EXPECT_EQ(run({"trace", "chatcmpl-1"}).status, 1);
  EXPECT_EQ(Json::parse(run({"feedback"}).out).at("comment"), "good");
  EXPECT_EQ(Json::parse(run({"user", "list"}, true).out).at(0).at("replies"), 1);
  EXPECT_TRUE(has(run({"user", "forget", "ann"}).out, "1 replies, 1 feedback deleted"));
  EXPECT_EQ(run({"trace", "chatcmpl-00ff"}).status, 1);
}

TEST_F(VerbsTest, WhatIsNotThereIsOneLine) {
  const Outcome shown = run({"show", "tokes"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_EQ(shown.out, "");
  EXPECT_EQ(shown.err, "persea: no artifact \"tokes\": did you mean tokens?\n");
}

TEST(TerminalTest, ValuesAsAPersonReadsThem) {
  EXPECT_EQ(readable(1234567), "1,234,567");
  EXPECT_EQ(readable(-1234), "-1,234");
  EXPECT_EQ(readable(999), "999");
  EXPECT_EQ(readable(0.000123456), "0.0001235");
  EXPECT_EQ(readable(2000.0), "2,000");
  EXPECT_EQ(readable("plain"), "plain");
  EXPECT_EQ(readable("a\x1b[2J"), "\"a\\u001b[2J\"");
  EXPECT_EQ(readable(Json::array({1, 2})), "[1,2]");
  EXPECT_EQ(cut("äöüß", 3), "äö…");
  EXPECT_EQ(cut("äöü", 3), "äöü");
  EXPECT_EQ(cut("anything", 0), "anything");
  EXPECT_EQ(display_width("\x1b[1mäö\x1b[0m"), 2u);
}

TEST(TerminalTest, ColumnsLineUp) {
  using enum Table::Align;
  Table table({left, right, left});
  table.header({"ID", "SIZE", "NOTE"});
  table.row({"ä", "12", "x"});
  table.row({"long", "3", ""});
  EXPECT_EQ(table.text(), "ID    SIZE  NOTE\nä       12  x\nlong     3\n");
}

TEST(TerminalTest, FlatObjects) {
  const auto leaves = flatten({{"a", {{"b", 1}, {"c", Json::object()}}}, {"d", {1, 2}}});
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves[0].first, "a.b");
  EXPECT_EQ(leaves[1].first, "a.c");
  EXPECT_TRUE(flatten(Json::object()).empty());
}

TEST_F(VerbsTest, RenderShowsWhatATemplateMakesOfConversations) {
  const std::string source = (dir_.path() / "x.jinja").string(), file = (dir_.path() / "x.jsonl").string();
  ASSERT_TRUE(write_file(source,
                         "{% for m in messages %}{{ m.role }}{{ m.thinking }}: {{ m.content }}{{ tools }}\n{% endfor %}"
                         "{{ strftime_now('%Y') }}{% if not messages %}{{ raise_exception('nothing') }}{% endif %}")
                  .ok());
  ASSERT_TRUE(write_file(file, R"({"messages": [{"role": "user", "content": "Hi é", "reasoning": "!"}]})"
                               "\n\n"
                               R"({"messages": []})"
                               "\n{\n")
                  .ok());
  const Outcome text = run({"render", source, file, "--now", "1700000000"});
  EXPECT_EQ(text.out, "user!: Hi éNone\n2023");
  EXPECT_TRUE(has(text.err, "nothing") && has(text.err, "is a JSON object")) << text.err;
  EXPECT_EQ(text.status, 1);
  const Outcome lines = run({"render", source, file, "--now", "1700000000"}, true);
  EXPECT_TRUE(lines.out.starts_with("{\"text\":\"user!: Hi éNone\\n2023\"}\n{\"error\":")) << lines.out;
  EXPECT_EQ(run({"render", source, file + "x"}).status, 1);
  EXPECT_TRUE(has(run({"render", "no.jinja"}).err, "no.jinja"));
}

}  // namespace
}  // namespace persea
