// How the end of a text is told to a client: the finish reason of an answer, or the error that takes its place.
#pragma once

#include <optional>

#include "http/message.h"
#include "infer/scheduler.h"

namespace persea {

// "stop" or "length". `whole`: what was written is all that the text's constraint asks for. Where it is not and no
// token could follow, the text was cut as by a limit.
const char* finish_of(EndReason reason, bool whole);

// Why there is no answer; nothing where the end is one that an answer may have, or the client's own doing (cancelled).
std::optional<http::ApiError> error_of(const RequestEnd& end);

// A refusal of the scheduler as a reply: 429 with Retry-After, 503, or 400.
http::Response refusal_response(const Scheduler::Refusal& refusal);

}  // namespace persea
