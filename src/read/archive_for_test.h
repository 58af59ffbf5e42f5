// For tests: archives and packed streams, written by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

namespace persea::read {

enum class ArchiveForm { zip, tar, seven_zip, raw };
enum class ArchivePacking { none, gzip, zstd, xz, bzip2 };

inline std::string make_archive(ArchiveForm form, const std::vector<std::pair<std::string, std::string>>& members,
                                ArchivePacking packing = ArchivePacking::none, const char* options = nullptr,
                                const char* password = nullptr) {
  std::string out;
  archive* a = archive_write_new();
  if (form == ArchiveForm::zip) archive_write_set_format_zip(a);
  if (form == ArchiveForm::tar) archive_write_set_format_pax_restricted(a);
  if (form == ArchiveForm::seven_zip) archive_write_set_format_7zip(a);
  if (form == ArchiveForm::raw) archive_write_set_format_raw(a);
  if (packing == ArchivePacking::gzip) archive_write_add_filter_gzip(a);
  if (packing == ArchivePacking::zstd) archive_write_add_filter_zstd(a);
  if (packing == ArchivePacking::xz) archive_write_add_filter_xz(a);
  if (packing == ArchivePacking::bzip2) archive_write_add_filter_bzip2(a);
  if (options != nullptr) archive_write_set_options(a, options);
  if (password != nullptr) archive_write_set_passphrase(a, password);
  archive_write_set_bytes_in_last_block(a, 1);  // no padding
  archive_write_open(
      a, &out, nullptr,
      [](archive*, void* to, const void* bytes, size_t size) {
        static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr);
  for (const auto& [name, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_free(a);
  return out;
}

// One stream, packed as a whole.
inline std::string pack(ArchivePacking packing, const std::string& bytes) {
  return make_archive(ArchiveForm::raw, {{"data", bytes}}, packing);
}

}  // namespace persea::read
