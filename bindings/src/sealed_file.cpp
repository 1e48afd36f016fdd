#include "sealed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "error.h"
#include "sha256.h"

namespace landbc {
namespace {

constexpr const char *kMark = "\nlandbc-sha256:";
constexpr size_t kDigest = 64;
const size_t kSeal = std::strlen(kMark) + kDigest + 1;

[[noreturn]] void fail_io(const std::string &path, const char *what, landbc_status blame = LANDBC_ERROR_IO) {
  const int code = errno;
  fail(blame, path, ": ", what, " (", std::strerror(code), ")");
}

class Descriptor {
 public:
  Descriptor(const std::string &path, int flags, const char *what, landbc_status blame = LANDBC_ERROR_IO)
      : number_(::open(path.c_str(), flags)) {
    if (number_ < 0) fail_io(path, what, blame);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  int operator*() const { return number_; }

 private:
  int number_;
};

// The file's bytes without a copy; never empty.
class Mapping {
 public:
  Mapping(const Descriptor &file, size_t size, const std::string &path)
      : size_(size), bytes_(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, *file, 0)) {
    if (bytes_ == MAP_FAILED) fail_io(path, "cannot be read");
  }
  ~Mapping() { ::munmap(bytes_, size_); }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  const char *data() const { return static_cast<const char *>(bytes_); }

 private:
  size_t size_;
  void *bytes_;
};

size_t size_of(const Descriptor &file, const std::string &path, landbc_status blame = LANDBC_ERROR_IO) {
  struct stat about {};
  if (::fstat(*file, &about) != 0) fail_io(path, "cannot be read", blame);
  if (!S_ISREG(about.st_mode)) fail(blame, path, ": not a file");
  return static_cast<size_t>(about.st_size);
}

}  // namespace

void seal_and_publish(const std::string &partial, const std::string &path) {
  {
    const Descriptor file(partial, O_RDWR | O_APPEND, "cannot be opened again");
    const size_t size = size_of(file, partial);
    std::string seal = kMark;
    {
      const Mapping bytes(file, size, partial);
      seal += sha256(bytes.data(), size);
      seal.push_back('\n');
    }
    size_t written = 0;
    while (written < seal.size()) {
      const ssize_t count = ::write(*file, seal.data() + written, seal.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_io(partial, "cannot be written");
      written += static_cast<size_t>(count);
    }
    if (::fsync(*file) != 0) fail_io(partial, "cannot be forced to the disk");
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) fail_io(path, "cannot be given its name");
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Descriptor directory(parent.empty() ? std::string(1, '.') : parent.string(), O_RDONLY | O_DIRECTORY,
                             "its directory cannot be opened");
  // Some file systems cannot sync a directory; the file itself is safe by now.
  ::fsync(*directory);
}

void check_seal(const std::string &path) {
  const Descriptor file(path, O_RDONLY, "cannot be opened", LANDBC_ERROR_RESTART);
  const size_t size = size_of(file, path, LANDBC_ERROR_RESTART);
  if (size <= kSeal)
    fail(LANDBC_ERROR_RESTART, path,
         ": not a sealed file of landbc, or cut short; go on from an earlier one");
  const Mapping bytes(file, size, path);
  const char *const seal = bytes.data() + size - kSeal;
  const size_t mark = std::strlen(kMark);
  if (std::memcmp(seal, kMark, mark) != 0 || seal[kSeal - 1] != '\n')
    fail(LANDBC_ERROR_RESTART, path,
         ": not a sealed file of landbc, or cut short, its checksum is not at its end; go on from an earlier "
         "one");
  const std::string digest = sha256(bytes.data(), size - kSeal);
  if (std::memcmp(seal + mark, digest.data(), kDigest) != 0)
    fail(LANDBC_ERROR_RESTART, path,
         ": its checksum does not fit, the file was changed; go on from an earlier one");
}

std::string file_sha256(const std::string &path) {
  const Descriptor file(path, O_RDONLY, "cannot be opened", LANDBC_ERROR_RESTART);
  const size_t size = size_of(file, path, LANDBC_ERROR_RESTART);
  const Mapping bytes(file, size, path);
  return sha256(bytes.data(), size);
}

}  // namespace landbc
