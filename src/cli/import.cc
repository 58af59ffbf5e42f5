#include "cli/import.h"

#include <memory>

#include "eval/import_stage.h"

namespace persea {

void add_import(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("import", "Take a model made elsewhere into the lab");
  const auto source = std::make_shared<std::string>();
  verb->add_option("PATH", *source, "A Hugging Face model directory or a .gguf file")->required();
  verb->footer("Example:\n  persea import ~/models/SmolLM-135M.gguf");
  verb->callback([&context, &action, source] {
    action = [&context, source] {
      auto lab = Lab::open(context.lab);
      if (!lab) return report(lab.error());
      const auto made = run_import_stage(*lab, *source);
      if (!made) return report(made.error());
      if (context.json) {
        print_json({{"id", made->artifact.id}, {"reused", made->reused}, {"facts", made->artifact.facts()}});
      } else {
        fmt::print("{}\n", made->artifact.id);
      }
      return 0;
    };
  });
}

}  // namespace persea
