// embedding(table [vocab, dim], tokens i32 [n]) -> [n, dim]. A token of -1 is a row of zeros; throws for another id
// outside the table.
#pragma once

#include "autograd/op.h"
#include "autograd/slice_group.h"

namespace persea {
struct EmbeddingOptions {
  SliceGroup* rows = nullptr;  // where each rank holds some of the table's rows: those of others have the token -1 here
};
const Op& embedding_op();
}  // namespace persea
