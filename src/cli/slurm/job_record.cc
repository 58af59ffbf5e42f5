#include "cli/slurm/job_record.h"

#include <algorithm>
#include <vector>

#include "base/file.h"

namespace persea::slurm {
namespace {

constexpr const char* kJobs = "jobs";
constexpr const char* kRecordFile = "job.json";

}  // namespace

fs::path job_folder(const fs::path& lab, std::string_view created, std::string_view name) {
  std::string stem;
  for (const char c : created) {
    if (c != '-' && c != ':') stem += c;
  }
  return lab / kJobs / fmt::format("{}-{}", stem, name);
}

Result<fs::path> make_job_folder(const fs::path& wanted) {
  std::error_code error;
  fs::create_directories(wanted.parent_path(), error);
  fs::path folder = wanted;
  for (int i = 2; !error && !fs::create_directory(folder, error); ++i)
    folder = fmt::format("{}-{}", wanted.string(), i);
  if (error) return fail("{}: cannot make the folder: {}", folder.string(), error.message());
  return folder;
}

Status write_job_record(const JobRecord& record, Json facts) {
  facts["job"] = record.id.number;
  if (!record.id.cluster.empty()) facts["cluster"] = record.id.cluster;
  return write_file(record.folder / kRecordFile, facts.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

Result<JobRecord> find_job_record(const fs::path& lab, std::string_view job) {
  const auto id = parse_job_id(job);
  if (!id) return fail("--follow {}: has to be the number of a job", job);
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(lab / kJobs, error)) folders.push_back(entry.path());
  std::sort(folders.rbegin(), folders.rend());  // the newest first: Slurm's numbers may begin anew
  for (const fs::path& folder : folders) {
    const auto facts = read_json(folder / kRecordFile);
    if (!facts || !facts->is_object()) continue;
    const auto number = facts->find("job");
    if (number == facts->end() || *number != id->number) continue;
    const auto cluster = facts->find("cluster");
    const bool named = cluster != facts->end() && cluster->is_string();
    return JobRecord{{id->number, named ? cluster->get<std::string>() : ""}, folder};
  }
  return fail("--follow {}: {} has no record of this job: --lab or PERSEA_LAB names another lab", job,
              (lab / kJobs).string());
}

}  // namespace persea::slurm
