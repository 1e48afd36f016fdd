// Values as the bytes that travel between ranks, and back.
#pragma once

#include <cstring>
#include <vector>

#include "team.h"

namespace landbc {

template <class T>
Bytes pack(const T *values, std::size_t count) {
  Bytes bytes(count * sizeof(T));
  if (count > 0) std::memcpy(bytes.data(), values, bytes.size());
  return bytes;
}

template <class T>
Bytes pack(const std::vector<T> &values) {
  return pack(values.data(), values.size());
}

// Of all ranks, one after the other.
template <class T>
std::vector<T> unpack(const std::vector<Bytes> &ranks) {
  std::vector<T> values;
  for (const Bytes &bytes : ranks) {
    const std::size_t before = values.size();
    values.resize(before + bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data() + before, bytes.data(), bytes.size());
  }
  return values;
}

}  // namespace landbc
