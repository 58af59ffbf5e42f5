// What the packs of Gopher's rules have in common: settings that name a dialect, and a reading of the rules in each.
#pragma once

#include <string_view>
#include <utility>

#include "curate/rule_pack.h"
#include "curate/settings.h"

namespace persea::curate {

// `Settings` has a `dialect` that check_dialect has let pass.
template <class Settings>
class DialectPack : public RulePack {
 public:
  std::string_view name() const override { return name_; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

 protected:
  DialectPack(std::string_view name, Settings settings) : s_(std::move(settings)), name_(name) {}
  const Settings s_;

 private:
  void decide(Judging& judging, Decision& decision) const final {
    if (s_.dialect == "dolma") {
      judge_dolma(judging, decision);
    } else {
      judge_datatrove(judging, decision);
    }
  }
  virtual void judge_datatrove(Judging& judging, Decision& decision) const = 0;
  virtual void judge_dolma(Judging& judging, Decision& decision) const = 0;

  std::string_view name_;  // a literal
};

}  // namespace persea::curate
