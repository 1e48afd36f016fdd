#include "scratch_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "error.h"

namespace landbc {

using std::size_t;

std::shared_ptr<ScratchFile> ScratchFile::make(size_t size) {
  const char *const folder = std::getenv("TMPDIR");
  std::string path = std::string(folder == nullptr || *folder == '\0' ? "/tmp" : folder) + "/landbc-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0) {
    fail(LANDBC_ERROR_IO, path, ": no file can be made there (", std::strerror(errno),
         "); set TMPDIR to a directory on a disk");
  }
  ::unlink(path.c_str());
  return std::shared_ptr<ScratchFile>(new ScratchFile(file, size));
}

ScratchFile::~ScratchFile() { ::close(file_); }

ScratchFile::Place::Place(std::shared_ptr<ScratchFile> file) : file_(std::move(file)) {
  if (file_->free_.empty()) {
    file_->free_.reserve(file_->places_ + 1);
    number_ = file_->places_++;
  } else {
    number_ = file_->free_.back();
    file_->free_.pop_back();
  }
}

ScratchFile::Place::~Place() { file_->free_.push_back(number_); }

void ScratchFile::Place::write(size_t at, const void *bytes, size_t count) {
  const auto *from = static_cast<const uint8_t *>(bytes);
  for (size_t done = 0; done < count;) {
    const auto offset = static_cast<off_t>(number_ * file_->size_ + at + done);
    const ssize_t step = ::pwrite(file_->file_, from + done, count - done, offset);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0)
      fail(LANDBC_ERROR_IO, "the scratch file in TMPDIR cannot be written (", std::strerror(errno), ")");
    done += static_cast<size_t>(step);
  }
}

void ScratchFile::Place::read(size_t at, void *bytes, size_t count) const {
  auto *to = static_cast<uint8_t *>(bytes);
  for (size_t done = 0; done < count;) {
    const auto offset = static_cast<off_t>(number_ * file_->size_ + at + done);
    const ssize_t step = ::pread(file_->file_, to + done, count - done, offset);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0)
      fail(LANDBC_ERROR_IO, "the scratch file in TMPDIR cannot be read (", std::strerror(errno), ")");
    done += static_cast<size_t>(step);
  }
}

}  // namespace landbc
