#include "cli/key.h"

#include <map>
#include <memory>

#include "base/log.h"
#include "cli/terminal.h"
#include "ledger/lab.h"
#include "serve/service_store.h"

namespace persea {
namespace {

Result<ServiceStore> open_store(const CliContext& context, bool create) {
  if (create) {
    PERSEA_TRY(const Lab lab, Lab::open(context.lab));
    return ServiceStore::open(lab.root());
  }
  PERSEA_TRY(const Lab lab, Lab::open_existing(context.lab));
  return ServiceStore::open(lab.root());
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

int add(const CliContext& context, KeyTerms terms, const std::vector<std::string>& scopes, double spend) {
  if (!scopes.empty()) terms.scopes = {scopes.begin(), scopes.end()};
  if (terms.user.empty()) terms.user = terms.name;
  if (spend >= 0) terms.spend = spend;
  auto store = open_store(context, true);
  if (!store) return report(store.error());
  const auto made = store->keys.add(terms);
  if (!made) return report(made.error());
  if (const Status status = store->replies.audit("local", "key-add", made->id + " " + terms.name); !status)
    return report(status.error());
  if (context.json) {
    print_json({{"id", made->id}, {"key", made->key}, {"user", terms.user}, {"scopes", terms.scopes}});
  } else {
    fmt::print("{}\n", made->key);
    if (!context.quiet) log_info("keep it well: it is shown this once. persea key revoke {} takes it back", made->id);
  }
  return 0;
}

int list(const CliContext& context) {
  auto store = open_store(context, false);
  if (!store) return report(store.error());
  const auto keys = store->keys.list();
  if (!keys) return report(keys.error());
  if (context.json) {
    Json all = Json::array();
    for (const ApiKey& key : *keys) {
      all.push_back({{"id", key.id},
                     {"name", key.name},
                     {"user", key.user},
                     {"scopes", key.scopes},
                     {"tokens_per_minute", key.tokens_per_minute},
                     {"at_once", key.at_once},
                     {"spend", key.spend ? Json(*key.spend) : Json()},
                     {"spent", key.spent},
                     {"created", key.created},
                     {"revoked", key.revoked ? Json(*key.revoked) : Json()},
                     {"last_used", key.last_used ? Json(*key.last_used) : Json()}});
    }
    print_json(all);
    return 0;
  }
  if (keys->empty()) {
    if (!context.quiet) log_info("no keys yet: persea key add NAME makes one");
    return 0;
  }
  using enum Table::Align;
  Table table({left, left, left, left, right, left, left});
  table.header({"ID", "NAME", "USER", "LAST USED", "SPENT", "LIMITS", "SCOPES"});
  for (const ApiKey& key : *keys) {
    std::string limits;
    const auto limit = [&](const std::string& text) { limits += (limits.empty() ? "" : ", ") + text; };
    if (key.tokens_per_minute > 0) limit(fmt::format("{} tokens/min", key.tokens_per_minute));
    if (key.at_once > 0) limit(fmt::format("{} at once", key.at_once));
    if (key.spend) limit(fmt::format("spend {:g}", *key.spend));
    table.row({key.id, key.name, key.user, key.revoked ? "(revoked)" : key.last_used.value_or("never"),
               fmt::format("{:.4g}", key.spent), limits.empty() ? "none" : limits, joined(key.scopes)});
  }
  fmt::print("{}", table.text());
  return 0;
}

int revoke(const CliContext& context, const std::string& id) {
  auto store = open_store(context, false);
  if (!store) return report(store.error());
  if (const Status status = store->keys.revoke(id); !status) return report(status.error());
  if (const Status status = store->replies.audit("local", "key-revoke", id); !status) return report(status.error());
  if (!context.quiet && !context.json) log_info("{} is no longer good, from now on", id);
  if (context.json) print_json({{"id", id}, {"revoked", true}});
  return 0;
}

int users(const CliContext& context) {
  auto store = open_store(context, false);
  if (!store) return report(store.error());
  const auto keys = store->keys.list();
  if (!keys) return report(keys.error());
  const auto owners = store->replies.owners();
  if (!owners) return report(owners.error());
  struct Counts {
    int64_t keys = 0, replies = 0, tokens = 0;
  };
  std::map<std::string, Counts> all;
  for (const ApiKey& key : *keys) all[key.user].keys += key.revoked ? 0 : 1;
  for (const auto& owner : *owners) {
    all[owner.user].replies += owner.replies;
    all[owner.user].tokens += owner.tokens;
  }
  if (context.json) {
    Json document = Json::array();
    for (const auto& [name, counts] : all) {
      document.push_back(
          {{"user", name}, {"keys", counts.keys}, {"replies", counts.replies}, {"tokens", counts.tokens}});
    }
    print_json(document);
    return 0;
  }
  using enum Table::Align;
  Table table({left, right, right, right});
  table.header({"USER", "KEYS", "REPLIES", "TOKENS"});
  for (const auto& [name, counts] : all) {
    table.row({name, std::to_string(counts.keys), std::to_string(counts.replies), std::to_string(counts.tokens)});
  }
  fmt::print("{}", table.text());
  return 0;
}

int forget(const CliContext& context, const std::string& user) {
  auto store = open_store(context, false);
  if (!store) return report(store.error());
  const auto deleted = store->replies.forget({user, {}});
  if (!deleted) return report(deleted.error());
  const std::string what = fmt::format("{}: {} replies, {} feedback", user, deleted->replies, deleted->feedback);
  if (const Status status = store->replies.audit("local", "delete-data", what); !status) return report(status.error());
  if (context.json) {
    print_json({{"user", user}, {"replies", deleted->replies}, {"feedback", deleted->feedback}});
  } else {
    fmt::print("{} deleted\n", what);
  }
  return 0;
}

int feedback(const CliContext& context) {
  auto store = open_store(context, false);
  if (!store) return report(store.error());
  const auto facts = store->replies.preferences();
  if (!facts) return report(facts.error());
  const auto value = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(); };
  for (const PreferenceFact& fact : *facts) {
    const Json line = {{"reply", fact.reply},
                       {"created", fact.created},
                       {"model", fact.model},
                       {"artifact", fact.artifact},
                       {"rating", fact.rating},
                       {"edit", value(fact.edit)},
                       {"comment", value(fact.comment)},
                       {"request", value(fact.request)},
                       {"text", value(fact.text)}};
    fmt::print("{}\n", canonical_json(line));
  }
  return 0;
}

}  // namespace

void add_key(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("key", "API keys of the lab's service");
  verb->require_subcommand(1);
  CLI::App* adding = verb->add_subcommand("add", "Make a key and show it, once");
  struct New {
    KeyTerms terms;
    std::vector<std::string> scopes;
    double spend = -1;
  };
  const auto made = std::make_shared<New>();
  adding->add_option("NAME", made->terms.name, "What it is for")->required();
  adding->add_option("--user", made->terms.user, "Whose it is (else the name)");
  adding->add_option("--scope", made->scopes,
                     "What it opens: generate, embed, feedback, trace, metrics, lab (may be repeated)");
  adding->add_option("--tokens-per-minute", made->terms.tokens_per_minute, "0: no limit")->capture_default_str();
  adding->add_option("--at-once", made->terms.at_once, "Requests at once; 0: no limit")->capture_default_str();
  adding->add_option("--spend", made->spend, "What it may spend in all, at the prices of persea serve")
      ->check(CLI::NonNegativeNumber);
  adding->footer("Example:\n  persea key add laptop --user ann --tokens-per-minute 20000 --at-once 4");
  adding->callback([&context, &action, made] {
    action = [&context, made] { return add(context, made->terms, made->scopes, made->spend); };
  });
  CLI::App* listing = verb->add_subcommand("list", "All keys, revoked ones too");
  listing->callback([&context, &action] { action = [&context] { return list(context); }; });
  CLI::App* revoking = verb->add_subcommand("revoke", "Make a key no longer good, at once");
  const auto id = std::make_shared<std::string>();
  revoking->add_option("ID", *id, "As persea key list shows it")->required();
  revoking->callback([&context, &action, id] { action = [&context, id] { return revoke(context, *id); }; });
}

void add_user(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("user", "Users of the lab's service, and the deletion of their data");
  verb->require_subcommand(1);
  CLI::App* listing = verb->add_subcommand("list", "Users with their keys and replies");
  listing->callback([&context, &action] { action = [&context] { return users(context); }; });
  CLI::App* forgetting = verb->add_subcommand("forget", "Delete all that is kept of a user's replies and feedback");
  const auto user = std::make_shared<std::string>();
  forgetting->add_option("USER", *user, "As persea user list shows it")->required();
  forgetting->footer("Example:\n  persea user forget ann");
  forgetting->callback([&context, &action, user] { action = [&context, user] { return forget(context, *user); }; });
}

void add_feedback(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("feedback", "What people said of replies, a JSON object a line, for tuning");
  verb->footer("Example:\n  persea feedback > preferences.jsonl");
  verb->callback([&context, &action] { action = [&context] { return feedback(context); }; });
}

}  // namespace persea
