#include "eval/smallworld_eval.h"

#include <utility>

#include "eval/text_model.h"
#include "text/chat_template.h"

namespace persea {
namespace {

Json score_json(const SmallworldScore& score) {
  return {{"right", score.right}, {"asked", score.asked}, {"rate", score.rate()}};
}

Json scores_json(const std::map<std::string, SmallworldScore>& scores) {
  Json json = Json::object();
  for (const auto& [name, score] : scores) json[name] = score_json(score);
  return json;
}

}  // namespace

Json SmallworldReport::json(size_t examples_kept) const {
  Json json = score_json(total);
  json["kinds"] = scores_json(kinds);
  json["held_out"] = scores_json(held_out);
  json["examples"] = Json::array();
  size_t left[2] = {examples_kept / 2, examples_kept - examples_kept / 2};  // wrong, right
  for (const Example& e : examples) {
    if (left[e.right] == 0) continue;
    --left[e.right];
    json["examples"].push_back({{"kind", e.kind},
                                {"held_out", e.held_out},
                                {"prompt", e.prompt},
                                {"answer", e.answer},
                                {"reply", e.reply},
                                {"right", e.right}});
  }
  return json;
}

Result<SmallworldReport> ask_smallworld(Decoder& decoder, const Tokenizer& tokenizer,
                                        const std::vector<SmallworldQuestion>& questions, int64_t max_tokens) {
  std::vector<std::vector<int32_t>> prompts;
  std::vector<size_t> asked;  // the question of each prompt
  for (size_t i = 0; i < questions.size(); ++i) {
    const ChatMessage message{"user", questions[i].prompt_text};
    PERSEA_TRY(ChatTokens prompt, encode_chat(tokenizer, {&message, 1}, true));
    if (static_cast<int64_t>(prompt.ids.size()) >= decoder.config().context) continue;
    prompts.push_back(std::move(prompt.ids));
    asked.push_back(i);
  }
  const std::vector<int32_t> stop = chat_stop_tokens(tokenizer);
  PERSEA_TRY(const std::vector<Generation> answers, generate_greedy(decoder, prompts, max_tokens, stop));

  SmallworldReport report;
  for (const SmallworldQuestion& q : questions) {
    report.examples.push_back({q.kind, q.held_out, q.prompt_text, q.answer, "", false});
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    SmallworldReport::Example& example = report.examples[asked[i]];
    example.reply = tokenizer.decode(answers[i].tokens, true);
    example.right = smallworld_grade(questions[asked[i]], example.reply);
  }
  for (const SmallworldReport::Example& example : report.examples) {
    for (SmallworldScore* score : {&report.total, &report.kinds[example.kind], &report.held_out[example.held_out]}) {
      ++score->asked;
      score->right += example.right ? 1 : 0;
    }
  }
  return report;
}

}  // namespace persea
