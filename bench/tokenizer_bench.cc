// Measures the tokenizer for bench/bars/bpe-speed and bench/bars/bpe-parity; prints one JSON object. Texts come as
// files of documents, each ended by a zero byte.
//   tokenizer_bench train DOCS OUT.json VOCAB SPLIT THREADS   learns a vocabulary
//   tokenizer_bench encode TOKENIZER.json DOCS                encodes on one thread, from a cold cache
//   tokenizer_bench ids TOKENIZER.json DOCS OUT               writes the ids (int32), each document's followed by -1
//   tokenizer_bench round-trip TOKENIZER.json DOCS            counts documents that do not decode to themselves
//   tokenizer_bench gpt2 VOCAB.json MERGES.txt OUT.json       rewrites GPT-2's pair of files as one tokenizer.json
//   tokenizer_bench chat TOKENIZER.json CHATS.json OUT        a directory for transformers, with the chats' ids in
//   ids.json
#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "text/bpe_train.h"
#include "text/chat_form.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace persea {
namespace {

std::vector<std::string_view> documents(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\0'), text.size());
    all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

Status train(const fs::path& docs, const fs::path& out, int vocab_size, std::string_view split_name, int threads) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(docs));
  const auto split = parse_split_name(split_name);
  if (!split) return fail("unknown split {}", split_name);
  const double start = wall_seconds();
  const auto all = documents(file.text());
  size_t next = 0;
  ThreadPool pool(threads);
  const BpeTraining training{vocab_size, *split, chat_special_tokens()};
  BpeTrainingFacts facts;
  PERSEA_TRY(const Tokenizer tokenizer, train_bpe(
                                            training,
                                            [&](std::string& text) -> Result<bool> {
                                              if (next == all.size()) return false;
                                              text = all[next++];
                                              return true;
                                            },
                                            pool, &facts));
  const double seconds = wall_seconds() - start;
  PERSEA_CHECK(tokenizer.save(out));
  fmt::print("{{\"seconds\": {}, \"bytes\": {}, \"words\": {}, \"distinct_words\": {}, \"peak_memory_bytes\": {}}}\n",
             seconds, facts.bytes, facts.words, facts.distinct_words, peak_memory_bytes());
  return {};
}

Status encode(const fs::path& tokenizer_file, const fs::path& docs) {
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(tokenizer_file));
  PERSEA_TRY(const std::string text, read_file(docs));
  const auto all = documents(text);
  std::vector<int32_t> ids;
  size_t bytes = 0, tokens = 0;
  const double start = wall_seconds();
  for (const std::string_view document : all) {
    ids.clear();
    tokenizer.encode(document, ids);
    bytes += document.size(), tokens += ids.size();
  }
  const double seconds = wall_seconds() - start;
  fmt::print("{{\"seconds\": {}, \"bytes\": {}, \"tokens\": {}}}\n", seconds, bytes, tokens);
  return {};
}

Status write_ids(const fs::path& tokenizer_file, const fs::path& docs, const fs::path& out) {
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(tokenizer_file));
  PERSEA_TRY(const MappedFile file, MappedFile::open(docs));
  PERSEA_TRY(FileWriter writer, FileWriter::create(out));
  std::vector<int32_t> ids;
  for (const std::string_view document : documents(file.text())) {
    ids.clear();
    tokenizer.encode_with_specials(document, ids);
    ids.push_back(-1);
    PERSEA_CHECK(writer.write(std::as_bytes(std::span(ids))));
  }
  return writer.finish();
}

Status round_trip(const fs::path& tokenizer_file, const fs::path& docs) {
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(tokenizer_file));
  PERSEA_TRY(const MappedFile file, MappedFile::open(docs));
  size_t count = 0, differ = 0;
  for (const std::string_view document : documents(file.text())) {
    ++count;
    differ += tokenizer.decode(tokenizer.encode(document)) != document;
  }
  fmt::print("{{\"documents\": {}, \"differ\": {}}}\n", count, differ);
  return {};
}

Status rewrite_gpt2(const fs::path& vocab, const fs::path& merges, const fs::path& out) {
  PERSEA_TRY(const std::string vocab_json, read_file(vocab));
  PERSEA_TRY(const std::string merges_txt, read_file(merges));
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::parse_gpt2(vocab_json, merges_txt, vocab.string()));
  return tokenizer.save(out);
}

Status chat(const fs::path& tokenizer_file, const fs::path& chats_file, const fs::path& out) {
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(tokenizer_file));
  PERSEA_TRY(const Json chats, read_json(chats_file));
  Json all = Json::array();
  for (const Json& chat : chats) {
    std::vector<ChatMessage> messages;
    for (const Json& message : chat.at("messages")) messages.push_back({message.at("role"), message.at("content")});
    PERSEA_TRY(const ChatTokens tokens, encode_chat(tokenizer, messages, chat.at("ask")));
    all.push_back(tokens.ids);
  }
  PERSEA_CHECK(tokenizer.save(out / "tokenizer.json"));
  PERSEA_CHECK(write_file(out / "tokenizer_config.json", tokenizer_config_json(lab_chat_form(tokenizer), 4096)));
  return write_file(out / "ids.json", all.dump());
}

Status run(const std::vector<std::string>& args) {
  if (args.size() == 6 && args[0] == "train")
    return train(args[1], args[2], std::stoi(args[3]), args[4], std::stoi(args[5]));
  if (args.size() == 3 && args[0] == "encode") return encode(args[1], args[2]);
  if (args.size() == 4 && args[0] == "ids") return write_ids(args[1], args[2], args[3]);
  if (args.size() == 3 && args[0] == "round-trip") return round_trip(args[1], args[2]);
  if (args.size() == 4 && args[0] == "gpt2") return rewrite_gpt2(args[1], args[2], args[3]);
  if (args.size() == 4 && args[0] == "chat") return chat(args[1], args[2], args[3]);
  return fail("usage: tokenizer_bench train|encode|ids|round-trip|gpt2|chat ...: see the head of tokenizer_bench.cc");
}

}  // namespace
}  // namespace persea

int main(int argc, char** argv) {
  if (const auto status = persea::run({argv + 1, argv + argc}); !status) {
    fmt::print(stderr, "{}\n", status.error().message);
    return 1;
  }
  return 0;
}
