#include "cli/export.h"

#include <map>
#include <memory>
#include <system_error>

#include "base/clock.h"
#include "cli/model_option.h"
#include "eval/model_export.h"

namespace persea {
namespace {

const std::map<std::string, BlockType>& types() {
  static const std::map<std::string, BlockType> types = {{"f32", BlockType::f32},
                                                         {"f16", BlockType::f16},
                                                         {"bf16", BlockType::bf16},
                                                         {"q8_0", BlockType::q8_0},
                                                         {"q4_0", BlockType::q4_0}};
  return types;
}

struct Options {
  std::string model, gguf, hugging_face, type = "f16";
};

int export_model(const CliContext& context, const Options& options) {
  const auto place = find_model(context, options.model);
  if (!place) return report(place.error());
  const auto model = TextModel::load(place->path);
  if (!model) return report(model.error());
  const bool gguf = !options.gguf.empty();
  const std::filesystem::path out = gguf ? options.gguf : options.hugging_face;
  const Status status = gguf ? export_gguf(*model, out, types().at(options.type))
                             : export_hugging_face(*model->model, model->tokenizer, model->roles, model->chat, out);
  if (!status) return report(status.error());

  uint64_t bytes = 0;
  std::error_code error;
  if (gguf) {
    bytes = std::filesystem::file_size(out, error);
  } else {
    for (const auto& file : std::filesystem::directory_iterator(out, error)) bytes += file.file_size(error);
  }
  if (context.json) {
    print_json({{"model", place->name}, {"path", out.string()}, {"bytes", bytes}});
  } else {
    fmt::print("{} -> {} ({})\n", place->name, out.string(), format_bytes(static_cast<double>(bytes)));
  }
  return 0;
}

}  // namespace

void add_export(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      app.add_subcommand("export", "Write a model for other programs, as GGUF or a Hugging Face directory");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model,
                   "An artifact (id, its beginning, or kind), a model directory or a .gguf file; else the newest");
  auto* forms = verb->add_option_group("form");
  forms->add_option("--gguf", options->gguf, "The GGUF file to write");
  forms->add_option("--hf", options->hugging_face, "The Hugging Face model directory to write");
  forms->require_option(1);
  std::vector<std::string> names;
  for (const auto& [name, type] : types()) names.push_back(name);
  verb->add_option("--type", options->type, "GGUF's type of the matrices")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  verb->footer("Example:\n  persea export model --gguf model.gguf --type q8_0");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return export_model(context, *options); }; });
}

}  // namespace persea
