// embedding(table [vocab, dim], tokens i32 [n]) -> [n, dim]. Throws for an id outside the table.
#pragma once

#include "autograd/op.h"

namespace persea {
const Op& embedding_op();
}
