// The description of the service's API, as OpenAPI 3.1. A test holds it to the routes and to the readers of requests.
#pragma once

#include "base/json.h"

namespace persea {

Json openapi();

}  // namespace persea
