// A lab as the page shows it, as JSON: its artifacts, what one was made from and what was made from it, stages under
// way, and the metrics of runs. It only reads, and only what a lab holds under names that it knows: an artifact's
// manifest and its metrics.jsonl, and that of a stage's work folder; of a corpus what was decided on its documents.
// Whether somebody may see it is the service's matter.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "ledger/lab.h"

namespace persea {

class LabView {
 public:
  // A document, or why there is none. The largest have some hundred KB.
  using Shown = std::variant<Json, http::ApiError>;

  // `lab` and the mutex of those who share it outlive the view. nullptr: there is no lab, and everything is a 404.
  LabView(Lab* lab, std::mutex& mutex) : lab_(lab), mutex_(mutex) {}

  // The queries are those of a request; a known field that is no number, or out of its range, is a 400.
  // ?kind=, ?before=ID, ?limit=1..200: newest first, "next" is the `before` of what follows.
  Shown artifacts(const http::Fields& query);
  // The manifest (of very many files the first) with "made": what was made from it directly.
  Shown artifact(std::string_view id);
  // All that it was made from, and what was made from it, as nodes with their inputs.
  Shown lineage(std::string_view id);
  // Stages that were begun and not finished.
  Shown runs();
  // ?after=BYTE&file=FILE: the rows of metrics.jsonl behind a place that an answer named before. `id`: an artifact, or
  // a stage under way.
  Shown metrics(std::string_view id, const http::Fields& query);

  // Of a corpus that was curated; another artifact has none, which is a 404 (lab_corpus.cc).
  // The funnel: counts in all and by source, the steps in their order.
  Shown funnel(std::string_view id);
  // ?step=&reason=&source=&verdict=drop|change|skip|keep&limit=1..50&seed=: documents drawn by lot, with excerpts.
  Shown decisions(std::string_view id, const http::Fields& query);
  // ?step=&limit=1..50: documents with the most copies, and as many altered copies (null: nobody looked for them).
  Shown clusters(std::string_view id, const http::Fields& query);

 private:
  // A curated corpus by its whole id.
  std::variant<Artifact, http::ApiError> corpus(std::string_view id);

  Lab* lab_;
  std::mutex& mutex_;
};

}  // namespace persea
