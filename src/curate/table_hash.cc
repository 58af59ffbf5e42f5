#include "curate/table_hash.h"

#include <random>

namespace persea::curate {

TableHash::TableHash() {
  std::random_device device;  // the system's
  for (uint64_t& key : keys_) key = static_cast<uint64_t>(device()) << 32 | device() | 1;
}

const TableHash& TableHash::get() {
  static const TableHash hash;
  return hash;
}

}  // namespace persea::curate
