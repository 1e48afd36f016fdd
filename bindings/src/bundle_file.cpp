#include "bundle_file.h"

#include <sys/stat.h>

#include <utility>

#include "error.h"

namespace landbc {

BundleFile::BundleFile(std::string path, std::vector<std::string> kept)
    : path_(std::move(path)), kept_(std::move(kept)), first_(look()) {}

BundleFile::Identity BundleFile::look() const {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0)
    fail(LANDBC_ERROR_BUNDLE, path_, ": cannot be opened; is it there?");
  return {found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

const NetcdfFile &BundleFile::open() const {
  if (file_) return *file_;
  if (look() != first_) {
    fail(LANDBC_ERROR_BUNDLE, path_,
         ": written anew since the run began; put back the bundle that it began with and repeat the step");
  }
  file_.emplace(path_, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  for (const std::string &name : kept_) file_->keep_chunks(name);
  return *file_;
}

void BundleFile::keep_chunks(const std::string &name) {
  kept_.push_back(name);
  if (file_) file_->keep_chunks(name);
}

}  // namespace landbc
