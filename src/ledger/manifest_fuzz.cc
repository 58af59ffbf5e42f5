// A manifest.json from outside: whatever the bytes, the reader answers with a whole manifest or an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ledger/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto manifest = parse_manifest(text, "fuzz"); manifest.ok()) {
    const Artifact artifact{manifest->at("id"), manifest->at("kind"), {}, *manifest};
    for (const ArtifactFile& file : artifact.files()) {
      if (!valid_artifact_path(file.path) || file.bytes < 0) std::abort();
    }
    if (artifact.bytes() < 0 || artifact.cost().at("tokens").get<int64_t>() < 0) std::abort();
  }
  // Nearly all input dies at the digest: sealing what is an object lets the rest of the reader be reached.
  if (auto value = parse_json(text, "fuzz"); value.ok() && value->is_object()) {
    (void)parse_manifest(canonical_json(seal_manifest(*value)), "fuzz").ok();
  }
  (void)valid_artifact_path(text);
  return 0;
}
