// What people ask of a curated corpus: where a document went and why, samples, copies, two corpora side by side, the
// card.
#include "data/curation/history.h"

#include "data/curation/card.h"
#include "data/curation/compare.h"
#include "data/curation/lab_for_test.h"
#include "data/curation/samples.h"

namespace persea::curation {
namespace {

class Looking : public CuratedLab {
 protected:
  History history(const Artifact& corpus, std::string_view said) {
    const auto lookup = CorpusLookup::open(corpus.path);
    EXPECT_TRUE(lookup.ok()) << lookup.error().message;
    auto found = find_history(corpus.path, *lookup, said);
    EXPECT_TRUE(found.ok()) << found.error().message;
    return std::move(*found);
  }
};

TEST_F(Looking, WhyADocumentIsThereOrNot) {
  const Artifact corpus = curate();
  // Dropped, by place and by the id of its text.
  const std::string short_id = to_hex(document_id("Too short."));
  for (const std::string& said :
       {std::string("a.jsonl:line 3"), std::string("a.jsonl: line 3"), short_id, short_id.substr(0, 8)}) {
    const History found = history(corpus, said);
    ASSERT_EQ(found.found.size(), 1U) << said;
    EXPECT_TRUE(found.found[0].numbers.empty());
    ASSERT_EQ(found.found[0].decisions.size(), 1U);
    EXPECT_EQ(found.found[0].decisions[0].reason, "gopher_short_doc");
    EXPECT_EQ(found.found[0].read_id, short_id);
  }
  // Changed: found by either id, with both.
  const std::string read_id = to_hex(document_id(essay(5) + " Write to jane.doe@example.org today."));
  const std::string kept_id = to_hex(document_id(essay(5) + " Write to <EMAIL> today."));
  for (const std::string& said : {read_id, kept_id, std::string("a.jsonl:line 5")}) {
    const History found = history(corpus, said);
    ASSERT_EQ(found.found.size(), 1U) << said;
    EXPECT_EQ(found.found[0].read_id, read_id);
    EXPECT_EQ(found.found[0].kept_id, kept_id);
    EXPECT_EQ(found.found[0].decisions.at(0).reasons(), "email");
    EXPECT_EQ(found.found[0].numbers.size(), 1U);
    EXPECT_EQ(found.found[0].licence, "CC0");
    EXPECT_TRUE(found.found[0].consent);
  }
  // A text that was read three times: one stayed, and knows its copies.
  const History copied = history(corpus, to_hex(document_id(essay(10))));
  ASSERT_EQ(copied.found.size(), 3U);
  EXPECT_EQ(copied.copies_in_all, 2);
  int there = 0;
  for (const Occurrence& one : copied.found) {
    there += one.numbers.empty() ? 0 : 1;
    EXPECT_EQ(one.numbers.empty(), one.source == "forum") << "the first source is preferred";
  }
  EXPECT_EQ(there, 1);
  // A file that is one document, and never came into conflict with a rule.
  const History whole = history(corpus, "notes.txt");
  ASSERT_EQ(whole.found.size(), 1U);
  EXPECT_TRUE(whole.found[0].decisions.empty());
  EXPECT_EQ(whole.found[0].numbers.size(), 1U);
  EXPECT_EQ(whole.found[0].source, "forum");
  EXPECT_EQ(history(corpus, "a.jsonl").found.size(), 41U) << "40 documents and a line that is no JSON";
  EXPECT_TRUE(history(corpus, "a.jsonl:line 99").found.empty());
  EXPECT_TRUE(history(corpus, "00000000000000000000000000000000").found.empty());
  EXPECT_TRUE(history(corpus, "never.txt").found.empty());
}

TEST_F(Looking, ABeginningOfSeveralIdsIsNotEnough) {
  const Artifact corpus = curate();
  const auto lookup = CorpusLookup::open(corpus.path);
  ASSERT_TRUE(lookup.ok());
  EXPECT_FALSE(could_begin_id("abc"));
  EXPECT_FALSE(could_begin_id("ABCD"));
  EXPECT_TRUE(could_begin_id("00ff"));
  EXPECT_EQ(lookup->by_id("").size(), static_cast<size_t>(lookup->reader().documents()));
  // Of some 50 texts no two need share four digits: one is made that shares them with another.
  const std::string id = to_hex(lookup->reader()[0].id);
  std::string text;
  const std::string beginning = essay(1);
  for (int i = 0; text.empty(); ++i) {
    std::string one = beginning + fmt::format(" And {} more people of the town.", i);
    if (to_hex(document_id(one)).starts_with(id.substr(0, 4))) text = std::move(one);
  }
  put("a/z.txt", text);
  const Artifact second = curate();
  const auto again = CorpusLookup::open(second.path);
  const auto found = find_history(second.path, *again, id.substr(0, 4));
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("2 texts have an id that begins so"), std::string::npos)
      << found.error().message;
}

TEST_F(Looking, SamplesAreTheSameForTheSameSeed) {
  put("a/long.txt", essay(300) + " " + essay(301));
  const Artifact corpus = curate(recipe(150));  // the other texts are too short
  const auto draw = [&](const DecisionFilter& filter, size_t count, uint64_t seed) {
    const auto lines = sample_decisions(*DecisionReader::open(corpus.path), filter, count, seed);
    EXPECT_TRUE(lines.ok()) << lines.error().message;
    std::vector<std::string> places;
    for (const DecisionLine& line : *lines) places.push_back(line.file + " " + line.place);
    return places;
  };
  EXPECT_EQ(draw({}, 5, 1), draw({}, 5, 1));
  EXPECT_NE(draw({}, 5, 1), draw({}, 5, 2));
  EXPECT_EQ(draw({.source = "essays", .step = "", .reason = "", .verdict = "skip"}, 5, 1),
            std::vector<std::string>{"a.jsonl line 41"});
  EXPECT_TRUE(draw({.source = "", .step = "gopher", .reason = "", .verdict = ""}, 5, 1).empty())
      << "a step's whole name";
  EXPECT_EQ(draw({.source = "forum", .step = "gopher-quality", .reason = "gopher_short_doc", .verdict = "drop"}, 99, 1)
                .size(),
            16U);
}

TEST_F(Looking, KeptSamplesAndCopies) {
  const Artifact corpus = curate();
  const auto lookup = CorpusLookup::open(corpus.path);
  ASSERT_TRUE(lookup.ok());
  for (const int64_t number : sample_kept(*lookup, "forum", 5, 3)) EXPECT_EQ(lookup->origin(number).source, "forum");
  EXPECT_EQ(sample_kept(*lookup, "", 1000, 3).size(), static_cast<size_t>(lookup->reader().documents()));
  const auto clusters = find_clusters(corpus.path, "", 10, 1);
  ASSERT_TRUE(clusters.ok());
  EXPECT_EQ(clusters->clusters, 2);
  EXPECT_EQ(clusters->copies, 3);
  ASSERT_EQ(clusters->largest.size(), 2U);
  EXPECT_EQ(clusters->largest[0].copies, 2);
  EXPECT_EQ(clusters->largest[0].of.place, "line 10");
  EXPECT_EQ(clusters->largest[0].members.size(), 1U);
  EXPECT_EQ(find_clusters(corpus.path, "minhash", 10, 1)->clusters, 0);
}

TEST_F(Looking, TwoCorporaSideBySide) {
  const Artifact a = curate(), b = curate(recipe(50, true));
  const auto in_a = CorpusLookup::open(a.path), in_b = CorpusLookup::open(b.path);
  ASSERT_TRUE(in_a.ok() && in_b.ok());
  const auto compared = compare_corpora(a.path, *in_a, b.path, *in_b);
  ASSERT_TRUE(compared.ok()) << compared.error().message;
  EXPECT_EQ(compared->both.documents, 39);
  EXPECT_EQ(compared->a.by.at("forum").at("not read").documents, 13);
  EXPECT_EQ(compared->b.all.documents, 0);
  const auto changed = changed_settings(a.settings(), b.settings());
  ASSERT_FALSE(changed.empty());
  EXPECT_EQ(changed[0].name, "require.consent");
}

TEST_F(Looking, ReasonsOfTheOtherCorpus) {
  put("c/c.jsonl", line_of(essay(1)) + line_of(essay(2) + " " + essay(3) + " " + essay(4)));
  const std::string text =
      "[[source]]\nname = \"c\"\npath = \"c\"\n[[rules]]\npack = \"gopher-quality\"\nmin_doc_words = ";
  const Artifact a = curate(text + "50\n"), b = curate(text + "200\n");
  const auto in_a = CorpusLookup::open(a.path), in_b = CorpusLookup::open(b.path);
  ASSERT_TRUE(in_a.ok() && in_b.ok());
  const auto compared = compare_corpora(a.path, *in_a, b.path, *in_b);
  ASSERT_TRUE(compared.ok());
  EXPECT_EQ(compared->a.by.at("c").at("gopher-quality: gopher_short_doc").documents, 1);
  const auto changed = changed_settings(a.settings(), b.settings());
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].name, "steps.gopher-quality.settings.min_doc_words");
  EXPECT_EQ(changed[0].b, 200);
}

TEST_F(Looking, TheCardIsPartOfTheCorpus) {
  const Artifact corpus = curate();
  const auto card = read_file(corpus.file("card.md"));
  ASSERT_TRUE(card.ok()) << card.error().message;
  for (const char* part :
       {"| read | 56 |", "| kept | 52 |", "| essays | CC0 | yes | 1 |", "| forum | - | not given | 2 |",
        "| gopher-quality | gopher_short_doc | 1 |", "| pii | email | 1 |", "is no JSON: 1", "by form",
        "The licence of the source forum was not said"}) {
    EXPECT_NE(card->find(part), std::string::npos) << part << " in\n" << *card;
  }
  const auto named =
      data_card({corpus.settings(), *read_json(corpus.file("funnel.json")), corpus.facts(), corpus.id, "c0"});
  ASSERT_TRUE(named.ok());
  EXPECT_TRUE(named->starts_with("# Data card: " + corpus.id));
  EXPECT_NE(named->find("`c0`"), std::string::npos);
  EXPECT_FALSE(data_card({corpus.settings(), Json::object(), Json::object(), "", ""}).ok());
  EXPECT_EQ(step_names(corpus.settings()).at(1), "gopher-quality");
}

}  // namespace
}  // namespace persea::curation
