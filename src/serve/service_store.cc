#include "serve/service_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace persea {

Result<ServiceStore> ServiceStore::open(const std::filesystem::path& lab) {
  const std::filesystem::path path = lab / kServiceDatabase;
  // Its owner's alone: what people said may be in it. SQLite gives the files beside it the same rights.
  if (const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR); file >= 0) ::close(file);
  PERSEA_TRY(Database first, Database::open_sqlite(path));
  PERSEA_TRY(Database second, Database::open_sqlite(path));
  auto key_database = std::make_unique<Database>(std::move(first));
  auto reply_database = std::make_unique<Database>(std::move(second));
  PERSEA_TRY(KeyStore keys, KeyStore::open(*key_database));
  PERSEA_TRY(ReplyStore replies, ReplyStore::open(*reply_database));
  PERSEA_TRY(KeyStore charges, KeyStore::open(*reply_database));
  return ServiceStore{std::move(key_database), std::move(reply_database), keys, replies, charges};
}

}  // namespace persea
