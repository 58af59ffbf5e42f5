#include "read/json_reader.h"

#include <gtest/gtest.h>

#include "read/chat_text.h"
#include "read/json_span.h"
#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

TEST(Json, SpansEndWhereValuesDo) {
  const auto length = [](std::string_view text, bool last = false) { return JsonSpan().length(text, last); };
  EXPECT_EQ(length(R"({"a": "}\"]", "b": [1, {}]} x)"), 27U);
  EXPECT_EQ(length(R"("a\\" x)"), 5U);
  EXPECT_EQ(length(R"("a\")"), 0U);
  EXPECT_EQ(length("123,"), 3U);
  EXPECT_EQ(length("123"), 0U);
  EXPECT_EQ(length("123", true), 3U);
  EXPECT_EQ(length("[1, 2"), 0U);
  // However the bytes come.
  const std::string text = R"(["\\\"", {"k\\": "a\"b"}, "\\"])";
  for (size_t i = 0; i < text.size(); ++i) {
    for (size_t j = i; j < text.size(); ++j) {
      JsonSpan span;
      ASSERT_EQ(span.length(text.substr(0, i), false), 0U);
      ASSERT_EQ(span.length(text.substr(0, j), false), 0U);
      ASSERT_EQ(span.length(text, false), text.size()) << i << ' ' << j;
    }
  }
}

TEST(Json, ElementsOfArraysAreItems) {
  const auto all = read_for_test(
      R"([{"text": "one", "url": "http://a"}, {"body": "two"}, {"a": {"b": {"content": "three"}}}, 5, {"x": 1}, "four"])",
      "x.json");
  EXPECT_EQ(all.texts(), (Texts{"one", "two", "three", "four"}));
  EXPECT_EQ(all.places(), (Texts{"[0]", "[1]", "[2]: a.b", "[5]"}));
  EXPECT_EQ(all.reason("[4]"), "has no text");
}

TEST(Json, ObjectsAreLookedThrough) {
  EXPECT_EQ(read_for_test(
                R"({"version": 1, "data": [{"title": "T", "paragraphs": [{"context": "one"}, {"context": "two"}]}]})",
                "x.json")
                .texts(),
            (Texts{"one", "two"}));
  EXPECT_EQ(read_for_test(R"({"text": ["one", "two"], "label": ["a", "b"]})", "x.json").texts(), (Texts{"one", "two"}));
  EXPECT_EQ(read_for_test(R"([{"question": "Why?", "answer": "So."}])", "x.json").texts(), Texts{"Why?\n\nSo."});
  EXPECT_EQ(read_for_test(R"([{"instruction": "Do", "input": "", "output": "Done"}])", "x.json").texts(),
            Texts{"Do\n\nDone"});
  EXPECT_EQ(
      read_for_test(
          R"({"cells": [{"cell_type": "markdown", "source": ["# A\n", "b"]}, {"cell_type": "code", "source": "x = 1", "outputs": []}]})",
          "x.ipynb")
          .texts(),
      Texts{"# A\nb\n\nx = 1"});
}

TEST(Json, LinesUnderAnotherName) {
  EXPECT_EQ(read_for_test("{\"text\": \"one\"}\n{\"text\": \"two\"}\n", "x.json").places(),
            (Texts{"line 1", "line 2"}));
  EXPECT_EQ(read_for_test("[\n{\"text\": \"one\"}\n]\n", "x.jsonl").texts(), Texts{"one"});
}

TEST(Json, LargeFilesAreOpenedUp) {
  // Above 16 MiB an object is not one item; its messages come in batches, with its own fields around each.
  std::string json = R"({"name": "A group", "type": "private_group", "messages": [)";
  const std::string words(2000, 'x');
  size_t count = 0;
  while (json.size() < (size_t{17} << 20)) {
    if (count > 0) json += ',';
    json += fmt::format(R"({{"id": {}, "type": "message", "from": "P{}", "text": "{} {}"}})", count, count % 3, count,
                        words);
    ++count;
  }
  json += "]}";
  const auto all = read_for_test(json, "result.json");
  ASSERT_GT(all.documents.size(), 10U);
  size_t found = 0;
  for (const Document& document : all.documents) {
    EXPECT_EQ(document.title, "A group");
    EXPECT_LE(document.text.size(), size_t{1} << 18);
    for (size_t at = 0; (at = document.text.find(words, at)) != std::string::npos; at += words.size()) ++found;
  }
  EXPECT_EQ(found, count);
  EXPECT_TRUE(all.skipped.empty());
}

TEST(Json, BrokenFilesAreReadToTheBreak) {
  const auto all = read_for_test(R"([{"text": "one"}, {"text": "two"}, {"text": "thr)", "x.json");
  EXPECT_EQ(all.texts(), (Texts{"one", "two"}));
  ASSERT_EQ(all.skipped.size(), 1U);
  EXPECT_EQ(all.reason("[2]"), "ends within a value");
  EXPECT_FALSE(read_for_test("{]", "x.json").skipped.empty());
  EXPECT_EQ(read_for_test("no json at all", "x.json").reason(), "is no JSON");
  EXPECT_FALSE(read_for_test(std::string(100000, '['), "x.json").skipped.empty());
}

TEST(Json, ChatGptsTreeIsReadAlongTheOpenBranch) {
  const auto all = read_for_test(R"([{"title": "On tea", "create_time": 1.0, "current_node": "c", "mapping": {
    "r": {"id": "r", "message": null, "parent": null, "children": ["s"]},
    "s": {"id": "s", "message": {"author": {"role": "system"}, "content": {"content_type": "text", "parts": ["hidden"]}}, "parent": "r", "children": ["a"]},
    "a": {"id": "a", "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Is tea good?"]}}, "parent": "s", "children": ["b", "c"]},
    "b": {"id": "b", "message": {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Old answer"]}}, "parent": "a", "children": []},
    "c": {"id": "c", "message": {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["It is."]}}, "parent": "a", "children": []}}}])",
                                 "conversations.json");
  EXPECT_EQ(all.texts(), Texts{"User: Is tea good?\n\nAssistant: It is."});
  EXPECT_EQ(all.documents[0].title, "On tea");
}

TEST(Json, ExportsOfChatsAreConversations) {
  const auto text = [](std::string json) {
    const auto all = read_for_test(std::move(json), "x.json");
    return all.documents.empty() ? all.reason("[0]") : all.documents[0].text;
  };
  EXPECT_EQ(
      text(
          R"([{"uuid": "1", "name": "N", "chat_messages": [{"text": "Hi", "sender": "human"}, {"text": "Hello", "sender": "assistant"}]}])"),
      "User: Hi\n\nAssistant: Hello");
  EXPECT_EQ(
      text(
          R"([{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}])"),
      "User: Hi");
  EXPECT_EQ(text(R"([{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]}])"),
            "User: Hi\n\nAssistant: Yes");
  EXPECT_EQ(text(R"({"name": "G", "type": "personal_chat", "messages": [{"type": "service", "text": "joined"},
      {"type": "message", "date": "2024-01-01T10:00:00", "from": "Ann", "text": ["see ", {"type": "link", "text": "http://x"}]}]})"),
            "Ann: see http://x");
  EXPECT_EQ(
      text(
          R"({"guild": {"name": "G"}, "channel": {"name": "c"}, "messages": [{"id": "1", "content": "Hi all", "author": {"name": "ann", "nickname": "Ann"}}]})"),
      "Ann: Hi all");
  EXPECT_EQ(
      text(
          R"([{"type": "message", "user": "U1", "text": "see <https://x.org|here> &amp; <@U2>", "ts": "1.2", "user_profile": {"real_name": "Ann"}},
      {"type": "message", "subtype": "channel_join", "text": "joined", "ts": "1.3"}, {"type": "message", "user": "U2", "text": "ok", "ts": "1.4"}])"),
      "Ann: see here & @U2\n\nU2: ok");
  EXPECT_EQ(
      text(
          R"({"participants": [{"name": "Ren\u00c3\u00a9"}], "messages": [{"sender_name": "Ren\u00c3\u00a9", "timestamp_ms": 2000, "content": "caf\u00c3\u00a9"},
      {"sender_name": "Bob", "timestamp_ms": 1000, "content": "first"}], "title": "Bob"})"),
      "Bob: first\n\nRen\xc3\xa9: caf\xc3\xa9");
}

TEST(Json, ExportsOfNetworksAreTheirPosts) {
  EXPECT_EQ(read_for_test("window.YTD.tweets.part0 = [ {\"tweet\": {\"full_text\": \"a &amp; b\", \"id\": \"1\"}}, "
                          "{\"tweet\": {\"full_text\": \"c\"}} ]",
                          "tweets.js")
                .texts(),
            (Texts{"a & b", "c"}));
  EXPECT_EQ(
      read_for_test(R"([{"timestamp": 1, "data": [{"post": "caf\u00c3\u00a9"}], "title": "x"}])", "posts.json").texts(),
      Texts{"caf\xc3\xa9"});
  EXPECT_EQ(
      read_for_test(R"([{"media": [{"uri": "a.jpg", "creation_timestamp": 1, "title": "A caption"}]}])", "posts_1.json")
          .texts(),
      Texts{"A caption"});
}

TEST(Json, LatinIsMendedOnlyWhereItIsBroken) {
  EXPECT_EQ(mend_latin("caf\xc3\x83\xc2\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(mend_latin("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(mend_latin("\xe2\x82\xac \xc3\x83\xc2\xa9"), "\xe2\x82\xac \xc3\x83\xc2\xa9");
  EXPECT_EQ(mend_latin("plain"), "plain");
}

TEST(Json, WhatOtherProgramsTakeCostsNoText) {
  // A text that was cut between the halves of a character, and numbers of more digits than a machine's.
  const auto cut =
      read_for_test("{\"text\": \"an end \\ud83d\"}\n{\"text\": \"\\\\ud83d \\ud83d\\ude00 \\ude00!\"}\n", "x.jsonl");
  EXPECT_EQ(cut.texts(), (Texts{"an end \xef\xbf\xbd", "\\ud83d \xf0\x9f\x98\x80 \xef\xbf\xbd!"}));
  EXPECT_EQ(read_for_test("{\"id\": 340282366920938463463374607431768211456, \"text\": \"kept\"}\n", "x.jsonl").texts(),
            Texts{"kept"});
  EXPECT_TRUE(read_for_test("{\"id\": 01, \"text\": \"kept\"}\n", "x.jsonl").texts().empty());
  EXPECT_TRUE(read_for_test("{\"text\": \"\\x and \\ud83d\"}\n", "x.jsonl").texts().empty());
}

TEST(Json, WhatsAppsLinesAreMessages) {
  const std::string android =
      "12/31/21, 9:41 PM - Messages are end-to-end encrypted.\n12/31/21, 9:41 PM - Ann: Hello\nsecond line\n12/31/21, "
      "9:42 PM - Bob: <Media omitted>\n"
      "12/31/21, 9:43 PM - Bob: Hi: there\n";
  EXPECT_EQ(read_for_test(android, "WhatsApp Chat.txt").texts(), Texts{"Ann: Hello\nsecond line\n\nBob: Hi: there"});
  const std::string ios =
      "\xe2\x80\x8e[31.12.21, 21:41:05] Ann: Hallo\r\n[31.12.21, 21:42:00] Bob: \xe2\x80\x8e"
      "Bild weggelassen\r\n[31.12.21, 21:43:00] Bob: Na\r\n";
  EXPECT_EQ(read_for_test(ios, "_chat.txt").texts(), Texts{"Ann: Hallo\n\nBob: Na"});
  EXPECT_EQ(read_for_test("31.12.2021 was a day\n12:30 it rained\n", "a.txt").texts(),
            Texts{"31.12.2021 was a day\n12:30 it rained\n"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += fmt::format("12/31/21, 9:41 PM - Ann: message {}\n", i);
  const auto cut = read_for_test(many, "chat.txt", {.document_bytes = 1000});
  EXPECT_GT(cut.documents.size(), 10U);
  std::string joined;
  for (const Document& document : cut.documents) {
    EXPECT_LE(document.text.size(), 1000U);
    joined += document.text;
  }
  for (int i = 0; i < 1000; ++i) EXPECT_NE(joined.find(fmt::format("message {}", i)), std::string::npos);
}

}  // namespace
}  // namespace persea::read
