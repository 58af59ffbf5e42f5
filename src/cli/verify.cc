#include "cli/verify.h"

#include <memory>

#include "base/clock.h"
#include "base/progress.h"
#include "cli/terminal.h"
#include "ledger/lab.h"

namespace persea {
namespace {

Json document_of(const Verification& verification) {
  Json damages = Json::array();
  for (const Damage& d : verification.damages) {
    damages.push_back({{"artifact", d.artifact}, {"file", d.file}, {"problem", d.problem}});
  }
  return {{"artifacts", verification.artifacts},
          {"files", verification.files},
          {"bytes", verification.bytes},
          {"damages", damages}};
}

int verify(const CliContext& context, const std::string& name) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  std::string id;
  if (!name.empty()) {
    auto resolved = lab->resolve(name);
    if (!resolved) return report(resolved.error());
    id = std::move(*resolved);
  }
  const Meter meter;
  auto progress = std::make_unique<Progress>("verify", 1, context.quiet || context.json);
  const auto verification =
      lab->verify(id, [&](int64_t done, int64_t total) { progress->update(static_cast<double>(done) / total); });
  progress.reset();
  if (!verification) return report(verification.error());
  const bool whole = verification->damages.empty();
  if (context.json) {
    print_json(document_of(*verification));
    return whole ? 0 : 1;
  }
  for (const Damage& d : verification->damages) {
    // A manifest's problem names its file already.
    fmt::print(
        "{} {}\n", red("damaged"),
        d.file == "manifest.json" ? d.problem : d.artifact + (d.file.empty() ? "" : "/") + d.file + ": " + d.problem);
  }
  const std::string read =
      fmt::format("{} artifacts, {} files, {} read in {}", verification->artifacts, verification->files,
                  format_bytes(static_cast<double>(verification->bytes)), format_duration(meter.now().wall));
  fmt::print("{}: {}\n", read,
             whole ? green("all as recorded")
                   : red(fmt::format("{} damage{}", verification->damages.size(),
                                     verification->damages.size() == 1 ? "" : "s")));
  return whole ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, CliContext& context, VerbAction& action) {
  const auto name = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("verify", "Read all files again and name what is damaged, missing or extra");
  verb->add_option("ID", *name, "Only this artifact: an id or its unique beginning, or a kind (the newest of it)");
  verb->callback([&context, &action, name] { action = [&context, name] { return verify(context, *name); }; });
}

}  // namespace persea
