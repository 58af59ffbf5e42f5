#include "text/chat_form.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "text/bpe_train.h"
#include "text/chat_template.h"

namespace persea {
namespace {

TEST(ChatForm, IsTheLabsOwnWhereTheTokensAreThere) {
  const Tokenizer bare = byte_tokenizer({"<|endoftext|>"}), whole = byte_tokenizer(chat_special_tokens());
  EXPECT_FALSE(Json::parse(tokenizer_config_json(lab_chat_form(bare), 128)).contains("chat_template"));
  const Json config = Json::parse(tokenizer_config_json(lab_chat_form(whole), 128));
  EXPECT_EQ(config.at("chat_template"), chat_template_jinja());
  EXPECT_EQ(config.at("bos_token"), "<|endoftext|>");
  EXPECT_EQ(config.at("eos_token"), "<|end|>");
  EXPECT_EQ(config.at("model_max_length"), 128);
  EXPECT_EQ(*chat_form_from_json(config, "c"), lab_chat_form(whole));
  EXPECT_TRUE(is_lab_chat(lab_chat_form(whole), whole));
  EXPECT_TRUE(is_lab_chat({}, whole)) << "from before the directory said so";
  EXPECT_FALSE(is_lab_chat(lab_chat_form(bare), bare));
  EXPECT_FALSE(is_lab_chat({.templates = {{"default", "{{ messages }}"}}, .tokens = {}}, whole));
}

TEST(ChatForm, ReadsEveryShapeOfTheFile) {
  const auto named = chat_form_from_json(
      Json::parse(R"({"chat_template": [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}],
                      "bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null})"),
      "c");
  ASSERT_TRUE(named.ok()) << named.error().message;
  EXPECT_EQ(*named->find(), "a");
  EXPECT_EQ(*named->find("tool_use"), "b");
  EXPECT_EQ(named->find("rag"), nullptr);
  EXPECT_EQ(named->tokens, (std::map<std::string, std::string>{{"bos_token", "<s>"}, {"eos_token", "</s>"}}));
  EXPECT_EQ(*chat_form_from_json(Json::parse(tokenizer_config_json(*named, 8)), "again"), *named);
  for (const char* wrong : {"[]", R"({"chat_template": 1})", R"({"chat_template": [{"name": "x"}]})",
                            R"({"chat_template": [{"name": "a/b", "template": ""}]})", R"({"bos_token": 5})",
                            R"({"chat_template": [{"name":"a","template":""},{"name":"a","template":""}]})"}) {
    const auto form = chat_form_from_json(Json::parse(wrong), "file.json");
    ASSERT_FALSE(form.ok()) << wrong;
    EXPECT_TRUE(form.error().message.starts_with("file.json: ")) << form.error().message;
  }
}

TEST(ChatForm, PrefersTheTemplatesOwnFile) {
  const TempDir dir = *TempDir::create(fs::temp_directory_path(), "chat-form");
  EXPECT_EQ(*load_chat_form(dir.path()), ChatForm());
  ASSERT_TRUE(write_file(dir.path() / "tokenizer_config.json", R"({"chat_template": "old", "eos_token": "e"})").ok());
  EXPECT_EQ(*load_chat_form(dir.path())->find(), "old");
  ASSERT_TRUE(write_file(dir.path() / "chat_template.jinja", "new\n").ok());
  const auto form = load_chat_form(dir.path());
  EXPECT_EQ(*form->find(), "new\n");
  EXPECT_EQ(form->templates.size(), 1U);
  EXPECT_EQ(form->tokens.at("eos_token"), "e");
  ASSERT_TRUE(write_file(dir.path() / "tokenizer_config.json", "{").ok());
  EXPECT_NE(load_chat_form(dir.path()).error().message.find("tokenizer_config.json"), std::string::npos);
}

TEST(ChatForm, ReadsGguf) {
  const std::map<std::string, Json> metadata = {{"tokenizer.chat_template", "a"},
                                                {"tokenizer.chat_template.tool_use", "b"},
                                                {"tokenizer.chat_templates", {"tool_use"}},
                                                {"tokenizer.ggml.tokens", {"x", "<s>"}},
                                                {"tokenizer.ggml.bos_token_id", 1U}};
  const auto form = chat_form_from_gguf(metadata, "m.gguf");
  ASSERT_TRUE(form.ok()) << form.error().message;
  EXPECT_EQ(*form->find(), "a");
  EXPECT_EQ(*form->find("tool_use"), "b");
  EXPECT_EQ(form->tokens.at("bos_token"), "<s>");
  EXPECT_EQ(gguf_from_chat_form(*form),
            (std::vector<std::pair<std::string, Json>>{{"tokenizer.chat_template", "a"},
                                                       {"tokenizer.chat_template.tool_use", "b"}}));
  EXPECT_FALSE(chat_form_from_gguf({{"tokenizer.chat_template", 1}}, "m").ok());
  EXPECT_FALSE(chat_form_from_gguf({{"tokenizer.ggml.tokens", {"x"}}, {"tokenizer.ggml.bos_token_id", 7U}}, "m").ok());
}

}  // namespace
}  // namespace persea
