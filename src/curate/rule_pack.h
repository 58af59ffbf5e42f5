// A rule pack: published rules with a name, a version and their thresholds as settings, that decide on one text. The
// same text and settings always give the same decision. A pack knows nothing of other documents.
//
// A pack's dialect is whose reading of the rules it follows: what "Gopher" says is not the same in every program.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "curate/judging.h"

namespace persea::curate {

class RulePack {
 public:
  virtual ~RulePack() = default;
  virtual std::string_view name() const = 0;
  virtual int version() const = 0;  // rises when a decision on any text changes
  virtual Json settings() const = 0;

  // Judges the text that `judging` has read. A text that is too long to be judged is dropped for that.
  void judge(Judging& judging, Decision& decision) const;

 private:
  virtual void decide(Judging& judging, Decision& decision) const = 0;  // `decision` is as new
};

// The names that make_rule_pack knows.
const std::vector<std::string>& rule_pack_names();

// A pack with its settings, an object; those not named have the published values. Fails where the name or a setting is
// unknown, or a value of the wrong type.
Result<std::unique_ptr<RulePack>> make_rule_pack(const std::string& name, const Json& settings);

// Fails where `dialect` is none that the packs speak.
Status check_dialect(std::string_view pack, const std::string& dialect);

// a of b as a share; of none 0, or as if there were one.
double share(uint64_t a, uint64_t b);
double share_at_least_one(uint64_t a, uint64_t b);

// Drops: `reason` as the rule's authors name it, the figure against its limit, and where it can be seen.
void drop(Decision& decision, std::string_view reason, double figure, double limit, Place place);

// The packs, each in its file.
Result<std::unique_ptr<RulePack>> make_gopher_quality(const Json& settings);
Result<std::unique_ptr<RulePack>> make_gopher_repetition(const Json& settings);
Result<std::unique_ptr<RulePack>> make_c4_quality(const Json& settings);
Result<std::unique_ptr<RulePack>> make_c4_paragraphs(const Json& settings);
Result<std::unique_ptr<RulePack>> make_fineweb_quality(const Json& settings);
Result<std::unique_ptr<RulePack>> make_language(const Json& settings);

}  // namespace persea::curate
