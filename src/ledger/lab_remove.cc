// Taking an artifact out of a lab.
#include <unistd.h>

#include "ledger/lab_state.h"

namespace persea {

Status Lab::remove(const std::string& id) {
  State& s = *state_;
  PERSEA_TRY(const std::string found, resolve(id));
  if (found != id) return fail("{}: name the whole id of what is to be removed: {}", id, found);
  for (const Unfinished& stage : unfinished()) {
    if (stage.running)
      return fail("{}: the stage {} is under way in this lab and might read it: wait for it, or stop it", id,
                  stage.kind);
  }
  // What lies in tmp/ goes when a lab is opened, should this be killed halfway.
  const fs::path away = s.tmp() / fmt::format("removed.{}.{}", getpid(), id);
  std::error_code error;
  fs::rename(s.directory(id), away, error);
  if (error) return fail("{}: cannot be moved away: {}", s.directory(id).string(), error.message());
  PERSEA_CHECK(sync_path(s.artifacts()));
  PERSEA_CHECK(s.index.update(false, {id}, {}));
  fs::remove_all(away, error);
  if (error) return fail("{}: cannot be removed: {}", away.string(), error.message());
  return sync_path(s.tmp());
}

}  // namespace persea
