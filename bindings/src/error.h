// The one exception of the engine: a status of landbc.h and the sentence that the host reads.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include "landbc.h"

namespace landbc {

class Error : public std::runtime_error {
 public:
  // Names that come from files may hold anything: the sentence stays one line.
  Error(landbc_status status, const std::string &sentence)
      : std::runtime_error(one_line(sentence)), status_(status) {}

  landbc_status status() const noexcept { return status_; }

 private:
  static std::string one_line(std::string text) {
    for (char &letter : text)
      if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7f) letter = ' ';
    return text;
  }

  landbc_status status_;
};

// Throws an Error whose sentence is the parts written one after the other.
template <class... Parts>
[[noreturn]] void fail(landbc_status status, const Parts &...parts) {
  std::ostringstream sentence;
  (sentence << ... << parts);
  throw Error(status, sentence.str());
}

}  // namespace landbc
