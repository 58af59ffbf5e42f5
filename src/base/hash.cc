#include "base/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/file.h"

namespace persea {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL offers no SHA-256");
  }
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }
void Sha256::update(std::span<const std::byte> bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, digest, &size);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(path));
  constexpr size_t kWindow = 16 << 20;  // so much of a large file is in this process's memory at a time
  Sha256 hash;
  for (size_t at = 0; at < file.bytes().size(); at += kWindow) {
    hash.update(file.bytes().subspan(at, std::min(kWindow, file.bytes().size() - at)));
    if (file.bytes().size() > kWindow) file.release();
  }
  return hash.hex();
}

namespace {

uint64_t load(const char* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  static_assert(std::endian::native == std::endian::little, "hash64 and the data files are little-endian");
  return word;
}

// The 128-bit product folded: each input bit reaches every output bit.
uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  // Odd constants with balanced bits; the values are arbitrary but fixed for ever.
  constexpr uint64_t kA = 0x9e3779b97f4a7c15, kB = 0xd1b54a32d192ed03, kC = 0x8cb92ba72f3d8dd7;
  uint64_t state = mix(seed ^ kA, kB);
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 16; p += 16, left -= 16) state = mix(load(p, 8) ^ kC, load(p + 8, 8) ^ state);
  const uint64_t low = load(p, left < 8 ? left : 8);
  const uint64_t high = left > 8 ? load(p + 8, left - 8) : 0;
  state = mix(low ^ kA, high ^ state);
  return mix(state ^ kB, bytes.size() ^ kC);
}

}  // namespace persea
