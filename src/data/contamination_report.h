// Which items of a test the training data of a model contained: its lineage is followed back to the corpora, and every
// document in them is looked through. It says nothing of what was trained on elsewhere, and names what it cannot know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/contamination.h"
#include "ledger/lab.h"

namespace persea {

struct ContaminationReport {
  struct Where {
    std::string corpus, document, source;  // ids, and the source's name
    bool valid = false;                    // in the part for validation, which nothing is trained on
    double score = 0;
    curate::Place place;  // of the document
    std::string excerpt;  // what stands there, at most 400 bytes
  };
  struct Item {
    int64_t documents = 0, valid_documents = 0;  // that hold it: of the training part, and of the other one
    std::vector<Where> places;                   // the best, at most kPlaces; those in the training part first
    std::string untellable;                      // why nothing can be said of it; "" where that is not so
    bool contaminated() const { return documents > 0; }
  };
  struct Corpus {
    std::string id;
    int64_t documents = 0, bytes = 0;
  };
  static constexpr size_t kPlaces = 3;

  std::string model;  // the artifact's id
  std::vector<Item> items;
  std::vector<Corpus> corpora;       // that were looked through
  std::vector<std::string> unknown;  // artifacts that are gone, or came from elsewhere: what they hold is not known
  int64_t contaminated() const;
  int64_t untellable() const;
};

struct ContaminationOptions {
  std::string mode = "aligned";
  Json settings = Json::object();
  bool quiet = false;  // no progress
};

// `name` is an artifact as Lab::find takes it: a model, a run, also a corpus. Fails where no corpus can be reached from
// it.
Result<ContaminationReport> find_contamination(Lab& lab, std::string_view name,
                                               const std::vector<curate::EvaluationItem>& items,
                                               const ContaminationOptions& options);

}  // namespace persea
