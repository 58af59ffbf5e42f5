#include "serve/service_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace persea {

Result<ServiceStore> ServiceStore::open(const std::filesystem::path& lab) {
  const std::filesystem::path path = lab / kServiceDatabase;
  // Its owner's alone: what people said may be in it. SQLite gives the files beside it the same rights.
  if (const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR); file >= 0) ::close(file);
  PERSEA_TRY(Database opened, Database::open_sqlite(path));
  auto database = std::make_unique<Database>(std::move(opened));
  PERSEA_TRY(KeyStore keys, KeyStore::open(*database));
  PERSEA_TRY(ReplyStore replies, ReplyStore::open(*database));
  return ServiceStore{std::move(database), keys, replies};
}

}  // namespace persea
