// The smallest thing that tells where a test failed: counts failures and names them.
#pragma once

#include <iostream>
#include <source_location>
#include <sstream>
#include <string>

inline int failures = 0;

inline void expect(bool holds, const std::string &what,
                   const std::source_location &at = std::source_location::current()) {
  if (holds) return;
  ++failures;
  std::cerr << at.file_name() << ":" << at.line() << ": " << what << "\n";
}

template <class A, class B>
void expect_equal(const A &found, const B &wanted,
                  const std::source_location &at = std::source_location::current()) {
  std::ostringstream text;
  text << "found " << found << ", wanted " << wanted;
  expect(found == wanted, text.str(), at);
}
