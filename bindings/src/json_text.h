// Values of JSON documents by the type that is wanted, and nothing near it: a whole number is no fraction, no
// truth value and no number that its type cannot hold.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace landbc {

template <std::integral T>
  requires(!std::same_as<T, bool>)
bool take(const nlohmann::json &from, T &to) {
  if (from.is_number_unsigned()) {
    const auto number = from.get<uint64_t>();
    to = static_cast<T>(number);
    return std::in_range<T>(number);
  }
  if (!from.is_number_integer()) return false;
  const auto number = from.get<int64_t>();
  to = static_cast<T>(number);
  return std::in_range<T>(number);
}

template <std::floating_point T>
bool take(const nlohmann::json &from, T &to) {
  if (!from.is_number()) return false;
  const auto number = from.get<double>();
  if (std::abs(number) > static_cast<double>(std::numeric_limits<T>::max())) return false;
  to = static_cast<T>(number);
  return true;
}

inline bool take(const nlohmann::json &from, std::string &to) {
  if (!from.is_string()) return false;
  to = from.get<std::string>();
  return true;
}

inline bool take(const nlohmann::json &from, nlohmann::json &to) {
  to = from;
  return true;
}

template <class T>
bool take(const nlohmann::json &from, std::vector<T> &to) {
  if (!from.is_array()) return false;
  to.resize(from.size());
  for (std::size_t i = 0; i < to.size(); ++i)
    if (!take(from[i], to[i])) return false;
  return true;
}

template <class T, std::size_t n>
bool take(const nlohmann::json &from, std::array<T, n> &to) {
  if (!from.is_array() || from.size() != n) return false;
  for (std::size_t i = 0; i < n; ++i)
    if (!take(from[i], to[i])) return false;
  return true;
}

// None where `object` is no object, has no such entry, or has one of another type.
template <class T>
std::optional<T> entry_of(const nlohmann::json &object, const std::string &name) {
  const auto found = object.find(name);
  T value{};
  if (found == object.end() || !take(*found, value)) return std::nullopt;
  return value;
}

}  // namespace landbc
