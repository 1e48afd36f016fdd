// A file that one writer at a time may have, in this process and beyond.
#pragma once

#include <string>

namespace landbc {

class FileLock {
 public:
  // Makes the file where there is none. IO if that cannot be, or another writer has it.
  explicit FileLock(const std::string &path);
  ~FileLock();
  FileLock(const FileLock &) = delete;
  FileLock &operator=(const FileLock &) = delete;

 private:
  int descriptor_;
};

}  // namespace landbc
