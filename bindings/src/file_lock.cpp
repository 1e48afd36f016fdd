#include "file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "error.h"

namespace landbc {

FileLock::FileLock(const std::string &path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail(LANDBC_ERROR_IO, path, ": cannot be created (", std::strerror(errno), ")");
  // File systems without locks are taken as they are.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  fail(LANDBC_ERROR_IO, path, ": cannot be created: another run is writing it; give each run its own file");
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace landbc
