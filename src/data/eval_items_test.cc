// Evaluation items out of the forms that tests come in, and which of them a model's training data held.
#include "data/eval_items.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "data/contamination_report.h"
#include "data/corpus_stage.h"
#include "ledger/scratch_for_test.h"

namespace persea {
namespace {

curate::EvaluationItem item(const char* text, const EvalItemOptions& options = {}) {
  auto read = eval_item(Json::parse(text), options, "id", "task");
  EXPECT_TRUE(read.ok()) << read.error().message;
  return read ? *read : curate::EvaluationItem{};
}

using Texts = std::vector<std::string>;

TEST(EvalItem, KnowsTheFormsOfTests) {
  const auto mmlu = item(R"({"subject": "law", "question": "Q?", "choices": ["a", "b", "c"], "answer": 2})");
  EXPECT_EQ(mmlu.question, "Q?");
  EXPECT_EQ(mmlu.choices, (Texts{"a", "b", "c"}));
  EXPECT_EQ(mmlu.answer, "c");
  EXPECT_EQ(mmlu.task, "task/law");

  const auto common = item(
      R"({"answerKey": "B", "id": "x9", "question": {"stem": "S?", "choices": [{"label": "A", "text": "bank"}, {"label": "B", "text": "mall"}]}})");
  EXPECT_EQ(common.id, "x9");
  EXPECT_EQ(common.question, "S?");
  EXPECT_EQ(common.answer, "mall");

  EXPECT_EQ(item(R"({"Body": "Ann has 2 dvds", "Question": "How many?", "Answer": 51.0})").question,
            "Ann has 2 dvds How many?");
  const auto squad = item(R"({"context": "A passage.", "question": "Who?", "answers": {"text": ["Ann", "Bob"]}})");
  EXPECT_EQ(squad.context, "A passage.");
  EXPECT_EQ(squad.question, "Who?");
  EXPECT_EQ(squad.answer, "Ann");

  const auto blimp = item(R"({"sentence_good": "Good one.", "sentence_bad": "Bad one.", "UID": "u"})");
  EXPECT_EQ(blimp.choices, (Texts{"Good one.", "Bad one."}));
  EXPECT_EQ(blimp.question, "");

  const auto wsc = item(R"({"context_options": ["Ann said Ann", "Ann said Bob"], "continuation": "left.", "gold": 1})");
  EXPECT_EQ(wsc.choices, (Texts{"Ann said Ann left.", "Ann said Bob left."}));
  EXPECT_EQ(wsc.answer, "Ann said Bob left.");

  EXPECT_EQ(item(R"({"context": "Sum: 1+1=", "continuation": "2"})").question, "Sum: 1+1=");
  EXPECT_EQ(item(R"({"prompt": "def f():", "canonical_solution": "return 1"})").answer, "return 1");
  EXPECT_EQ(item(R"({"goal": "g", "sol1": "one", "sol2": "two"})").choices, (Texts{"one", "two"}));
  const auto chat = item(
      R"({"messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "hi?"}, {"role": "assistant", "content": "yes"}]})");
  EXPECT_EQ(chat.question, "hi?");
  EXPECT_EQ(chat.answer, "yes");
  EXPECT_EQ(item(R"("only a text")").question, "only a text");
}

TEST(EvalItem, TakesAllStringsOfWhatItDoesNotKnow) {
  EXPECT_EQ(item(R"({"riddle": "r", "more": ["a", {"deep": "d"}], "id": "1", "url": "u"})").question, "a\nd\nr");
  EXPECT_EQ(item(R"({"riddle": "r", "hint": "h", "question": "no"})", {{"hint", "riddle"}}).question, "h\nr");
  EXPECT_FALSE(eval_item(Json::parse(R"({"riddle": "r"})"), {{"hint"}}, "", "").ok());
  EXPECT_FALSE(eval_item(Json::parse("7"), {}, "", "").ok());
  EXPECT_FALSE(eval_item(Json::parse(R"({"n": 7})"), {}, "", "").ok());
}

class EvalFiles : public ::testing::Test {
 protected:
  fs::path put(const std::string& name, std::string_view bytes) {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    EXPECT_TRUE(write_file(path, bytes).ok());
    return path;
  }
  TempDir dir_ = test_scratch();
};

TEST_F(EvalFiles, ReadsFoldersInTheOrderOfNames) {
  const std::string lines = "{\"question\": \"one\"}\n\n{\"question\": \"two\"}";
  std::string packed(ZSTD_compressBound(lines.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), lines.data(), lines.size(), 3));
  put("tests/b.jsonl.zst", packed);
  put("tests/a.json", R"([{"question": "zero"}])");
  put("tests/readme.txt", "no items");
  EvalItems items;
  const Status read = read_eval_items(dir_.path() / "tests", {}, items);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(items.items.size(), 3u);
  EXPECT_EQ(items.items[0].question, "zero");
  EXPECT_EQ(items.items[0].task, "a");
  EXPECT_EQ(items.items[2].id, "b:3");
  EXPECT_EQ(items.files, (Texts{"a.json", "b.jsonl.zst"}));
}

TEST_F(EvalFiles, RefusesAPartOfATest) {
  EvalItems items;
  const Status broken = read_eval_items(put("t.jsonl", "{\"question\": \"one\"}\n{\"question\": \n"), {}, items);
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("t.jsonl:2"), std::string::npos) << broken.error().message;
  EXPECT_FALSE(read_eval_items(put("e.jsonl", "\n"), {}, items).ok());
  EXPECT_FALSE(read_eval_items(dir_.path() / "none", {}, items).ok());
}

TEST_F(EvalFiles, QuestionsOfSmallworld) {
  EvalItems items;
  add_smallworld_items(1, 30, items);
  ASSERT_EQ(items.items.size(), 30u);
  EXPECT_FALSE(items.items[7].question.empty());
}

TEST_F(EvalFiles, WhatAModelWasTrainedOnIsLookedThrough) {
  const std::string riddle =
      "A farmer keeps seventeen speckled hens behind the crooked windmill; how many eggs does the magpie steal?";
  // One document is kept for validation, which of them follows from its text.
  for (const char* name : {"copy1.txt", "copy2.txt"})
    put(std::string("text/") + name,
        std::string(name) +
            ": a story begins.\n\nA FARMER keeps seventeen speckled hens behind a crooked windmill... how many eggs\n"
            "does the thieving magpie steal?\n\nIt goes on for a while about other things.");
  put("text/other.txt", "Nothing of that kind stands here, only a calm lake and three boats.");
  put("text/third.txt", "Another text about weather, mountains and the long road to the sea.");
  auto lab = Lab::open(dir_.path() / "lab");
  ASSERT_TRUE(lab.ok());
  CorpusSettings settings;
  settings.path = dir_.path() / "text";
  settings.valid_fraction = 1e-9;
  const auto corpus = run_corpus_stage(*lab, settings, true);
  ASSERT_TRUE(corpus.ok());
  const auto make = [&](const char* kind, std::vector<std::pair<std::string, std::string>> inputs) {
    const auto made = lab->run({kind, 1, Json::object(), std::move(inputs)},
                               [](StageContext& context) { return write_file(context.out() / "data.bin", "x"); });
    EXPECT_TRUE(made.ok());
    return made->artifact.id;
  };
  const std::string tokenizer = make("tokenizer", {{"corpus", corpus->artifact.id}});
  const std::string tokens = make("tokens", {{"corpus", corpus->artifact.id}, {"tokenizer", tokenizer}});
  const std::string model = make("model", {{"tokens", tokens}, {"tokenizer", tokenizer}});
  const std::string stranger = make("model", {{"tokenizer", tokenizer}});

  std::vector<curate::EvaluationItem> items(3);
  items[0].id = "hens";
  items[0].question = riddle;
  items[1].id = "whales";
  items[1].question =
      "Which of the four gray whales sings the lowest note near the harbour of Tromsø in late November?";
  items[2].id = "short";
  items[2].question = "Who is it?";
  const auto report = find_contamination(*lab, model, items, {.quiet = true});
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->contaminated(), 1);
  EXPECT_EQ(report->untellable(), 1);
  ASSERT_EQ(report->corpora.size(), 1u);
  EXPECT_EQ(report->corpora[0].documents, 4);
  EXPECT_TRUE(report->unknown.empty());
  const auto& found = report->items[0];
  EXPECT_EQ(found.documents + found.valid_documents, 2);
  ASSERT_EQ(found.places.size(), 2u);
  EXPECT_FALSE(found.places[0].valid);
  EXPECT_TRUE(found.places[0].source.starts_with("copy")) << found.places[0].source;
  EXPECT_EQ(found.places[0].corpus, corpus->artifact.id);
  EXPECT_TRUE(found.places[0].excerpt.starts_with("A FARMER keeps")) << found.places[0].excerpt;
  EXPECT_TRUE(found.places[0].excerpt.ends_with("steal")) << found.places[0].excerpt;

  // A vocabulary teaches no model its texts.
  const auto none = find_contamination(*lab, stranger, items, {.quiet = true});
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("no corpus"), std::string::npos);
}

}  // namespace
}  // namespace persea
