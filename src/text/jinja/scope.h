// Which variable a name means, by Jinja's rules: each loop, macro and block with a body of its own sets names in its
// own frame and sees those around as they were when it began, and a name that is set anywhere in a frame, other than in
// a branch of an if, is that frame's own from its start.
#pragma once

#include "text/jinja/ast.h"

namespace persea::jinja {

void resolve_names(Program& program);

}  // namespace persea::jinja
