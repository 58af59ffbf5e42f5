// Rows of tokens that stand more than once in a collection of documents, to be cut: exact, between documents and inside
// one. The result is that of a suffix array over all tokens (Lee et al. 2021), with memory that is bounded whatever the
// collection's size. It cuts nothing itself.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "curate/decision.h"
#include "curate/settings.h"

namespace persea::curate {

struct RepeatedSpanSettings {
  static constexpr bool kZeroIsOff = false;

  int64_t tokens = 50;         // the least length of what counts, 1 to 1000; tokens: span_tokens.h
  std::string keep = "first";  // "first": the first copy stays; "none": all go

  template <class Visit>
  void fields(const Visit& visit) {
    visit("tokens", tokens);
    visit("keep", keep);
  }
};

// The text of a document: called from all threads and more than once for each; what it gives has to stay until the
// search ends, as a mapped file does. Texts of less than 4 GiB.
using TextOf = std::function<std::string_view(size_t document)>;

// What is to be cut from a document: rising places that do not touch. Each begins with a token and ends where the next
// one begins, so that the white space behind it goes too.
using CutsOf = std::function<Status(size_t document, std::span<const Place> places)>;

// A window is `tokens` tokens of one document. It is a copy where an equal one ends before it begins, or stands in an
// earlier document: documents are given in the order of preference. What copies cover is cut; with keep = "none", what
// windows cover that have a copy or equal one. Overlapping windows of one periodic row are no copies of each other, so
// that a first one always stays.
//
// `cuts` is called in the order of the documents, for those that have any, by the calling thread. What does not fit in
// `memory` bytes goes to files in `folder`: about a third of the texts' size, 12 times at worst (two marks in turn).
// The result depends on the texts alone. Fails where there is no room, or `cuts` fails.
Status find_repeated_spans(size_t documents, const TextOf& text_of, const RepeatedSpanSettings& settings,
                           const fs::path& folder, size_t memory, const CutsOf& cuts);

}  // namespace persea::curate
