// How a model file's tensors, under transformers' names, make up a model's fused parameters; and a model put together
// from any source of such tensors. It refuses to know a file format.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "nn/model.h"

namespace persea {

// How a file's numbers lie that the model has otherwise.
enum class PieceForm {
  same,
  turned_pairs,  // rows of heads: RoPE turns neighbours, 2i and 2i + 1, which are rows i and i + half of ours
  transposed,    // one matrix behind the other, each transposed
};

// A tensor of a file: rows [begin, end) of one of the model's parameters, which fuses several of them.
struct ModelPiece {
  std::string name, parameter;
  int64_t begin, end;
  Shape shape;
  PieceForm form = PieceForm::same;
  int64_t parts = 1;  // heads or matrices in it
};
std::vector<ModelPiece> model_pieces(const ModelConfig& config);

// `rows` rows of `parts` equal parts, in place, from a file's form to the model's and back.
void to_model_form(PieceForm form, int64_t parts, int64_t rows, std::span<float> values);
void to_file_form(PieceForm form, int64_t parts, int64_t rows, std::span<float> values);

// What the file holds of a piece of the model: a view of the parameter's rows, or a copy in another form.
Tensor file_values(const ModelPiece& piece, const Tensor& parameter);

// A model's parameters by their names.
std::map<std::string, Tensor> tensors_of(const Model& model);

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual std::vector<std::string> names() const = 0;             // of all that must find a place in the model
  virtual const Shape* shape(const std::string& name) const = 0;  // nullptr where there is none of this name
  virtual std::string where(const std::string& name) const = 0;   // its file, or one that should have had it
  virtual std::string spelled(const std::string& name) const { return name; }  // as the file spells it
  virtual Status read(const std::string& name, const Shape& shape, std::span<float> out) const = 0;
};

// Every tensor is checked by name and shape before memory is taken for it: one that is missing, left over or misshapen
// is named. `asker`: what the config was read from, for messages.
Result<std::unique_ptr<Model>> assemble_model(const ModelConfig& config, std::string_view asker,
                                              const TensorSource& source);

}  // namespace persea
