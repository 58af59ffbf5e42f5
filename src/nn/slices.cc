#include "nn/slices.h"

#include <stdexcept>

namespace persea {
namespace {

// The share of `rank` in `count` rows or columns from `begin` on; shares are equal but for the vocabulary's.
struct Range {
  int64_t begin, count;
};
Range share(int64_t begin, int64_t count, int rank, int ranks) {
  const int64_t from = count * rank / ranks, to = count * (rank + 1) / ranks;
  return {begin + from, to - from};
}

}  // namespace

Shape ParameterSlices::shape(int rank) const {
  const std::vector<Box>& held = boxes.at(static_cast<size_t>(rank));
  int64_t rows = 0;
  for (const Box& box : held) rows += box.rows;
  return whole.size() == 2 ? Shape{rows, held[0].columns} : Shape{rows};
}

int64_t ParameterSlices::count(int rank) const { return element_count(shape(rank)); }

ParameterSlices slices_of(const ModelConfig& c, std::string_view parameter, const Shape& whole, int ranks) {
  const std::string_view part = parameter.substr(parameter.rfind('.') + 1);
  const int64_t rows = whole.at(0), columns = whole.size() == 2 ? whole[1] : 1;
  std::vector<int64_t> sections;  // rows that are shared out section by section
  if (part == "qkv" || part == "qkv_bias")
    sections = {c.heads * c.head_dim, c.kv_heads * c.head_dim, c.kv_heads * c.head_dim};
  else if (part == "up" && c.activation == Activation::swiglu)
    sections = {rows / 2, rows / 2};
  else if (part == "up" || part == "embedding" || part == "head")
    sections = {rows};
  const bool by_columns = part == "o" || part == "down";
  ParameterSlices slices{whole, ranks == 1 || (sections.empty() && !by_columns), {}};
  for (int rank = 0; rank < ranks; ++rank) {
    std::vector<Box> held;
    if (slices.common) {
      held.push_back({0, rows, 0, columns});
    } else if (by_columns) {
      const Range own = share(0, columns, rank, ranks);
      held.push_back({0, rows, own.begin, own.count});
    }
    for (int64_t begin = 0; const int64_t count : sections) {
      const Range own = share(begin, count, rank, ranks);
      if (!slices.common) held.push_back({own.begin, own.count, 0, columns});
      begin += count;
    }
    slices.boxes.push_back(std::move(held));
  }
  return slices;
}

std::vector<ParameterSlices> whole_slices(const std::vector<Parameter*>& parameters) {
  std::vector<ParameterSlices> all;
  for (const Parameter* parameter : parameters) {
    const Shape& shape = parameter->value.shape();
    all.push_back({shape, true, {{Box{0, shape.at(0), 0, shape.size() == 2 ? shape[1] : 1}}}});
  }
  return all;
}

Status check_slices(const ModelConfig& c, int ranks) {
  if (ranks == 1) return {};
  PERSEA_CHECK(c.trainable());
  if (c.heads % ranks != 0 || c.kv_heads % ranks != 0)
    return fail(
        "--tensor-parallel {} has to divide model.heads = {} and model.kv_heads = {}: choose a number that does", ranks,
        c.heads, c.kv_heads);
  if (c.hidden % ranks != 0)
    return fail("--tensor-parallel {} has to divide the model's hidden = {}: choose one that does, or set model.hidden",
                ranks, c.hidden);
  if (c.vocab < ranks) return fail("--tensor-parallel {}: a vocabulary of {} has too few tokens", ranks, c.vocab);
  return {};
}

}  // namespace persea
