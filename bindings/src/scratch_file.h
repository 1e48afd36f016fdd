// A file without a name in the directory that TMPDIR names (else /tmp), for what a run seldom looks at:
// places of one size, each its owner's until it is let go. It ends with its last user, whatever becomes of
// the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace landbc {

class ScratchFile : public std::enable_shared_from_this<ScratchFile> {
 public:
  // `size` bytes a place. IO.
  static std::shared_ptr<ScratchFile> make(std::size_t size);
  ~ScratchFile();
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &operator=(const ScratchFile &) = delete;

  class Place {
   public:
    explicit Place(std::shared_ptr<ScratchFile> file);
    ~Place();
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;

    // Bytes from `at` on, within the place. IO: a disk that is full, say.
    void write(std::size_t at, const void *bytes, std::size_t count);
    void read(std::size_t at, void *bytes, std::size_t count) const;

   private:
    std::shared_ptr<ScratchFile> file_;
    std::size_t number_;
  };

 private:
  ScratchFile(int file, std::size_t size) : file_(file), size_(size) {}

  int file_;
  std::size_t size_;
  std::size_t places_ = 0;
  std::vector<std::size_t> free_;  // has room for every place
};

}  // namespace landbc
