// Damage to texts, bytes and JSON documents, drawn from a generator.
#pragma once

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace mutation {

using nlohmann::json;
using Random = std::mt19937_64;

constexpr std::array<const char *, 26> kWords = {"null",
                                                 "true",
                                                 "-1",
                                                 "0",
                                                 "1e999",
                                                 "1e300",
                                                 "18446744073709551616",
                                                 "18446744073709551615",
                                                 "9223372036854775807",
                                                 "-9223372036854775808",
                                                 "4294967297",
                                                 "2.5",
                                                 "[]",
                                                 "{}",
                                                 "\"\"",
                                                 "\"year\"",
                                                 "\"step\"",
                                                 "\"a\\nb\"",
                                                 "\"\\u0000\"",
                                                 "\"../bundle.json\"",
                                                 "[[[[",
                                                 "}}",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "\xff\xfe"};

inline size_t below(Random &random, size_t limit) {
  return std::uniform_int_distribution<size_t>(0, std::max<size_t>(limit, 1) - 1)(random);
}

// Bytes changed, cut, repeated or put in; one to four times.
inline std::string bytes(const std::string &seed, Random &random) {
  std::string text = seed;
  for (size_t times = 1 + below(random, 4); times > 0; --times) {
    const size_t at = below(random, text.size());
    const size_t length = std::min(below(random, 40), text.size() - at);
    switch (below(random, 5)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(below(random, 256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, kWords[below(random, kWords.size())]);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

inline void collect(json &node, std::vector<json *> &nodes) {
  nodes.push_back(&node);
  if (node.is_structured())
    for (json &child : node) collect(child, nodes);
}

// Values of a document replaced, exchanged for others of it, taken out or given again; one to three times.
inline json values(const json &seed, Random &random) {
  json document = seed;
  for (size_t times = 1 + below(random, 3); times > 0; --times) {
    std::vector<json *> nodes;
    collect(document, nodes);
    json &node = *nodes[below(random, nodes.size())];
    switch (below(random, 4)) {
      case 0:
        if (const json value = json::parse(kWords[below(random, kWords.size())], nullptr, false);
            !value.is_discarded())
          node = value;
        break;
      case 1: {
        json other = *nodes[below(random, nodes.size())];
        node = std::move(other);
        break;
      }
      case 2:
        if (node.is_array() && !node.empty()) {
          node.erase(below(random, node.size()));
        } else if (node.is_object() && !node.empty()) {
          node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(below(random, node.size()))));
        }
        break;
      default:
        if (node.is_array() && !node.empty()) {
          node.push_back(json(node[below(random, node.size())]));
        } else if (node.is_number_integer()) {
          // Beyond the last number comes the first.
          node = static_cast<int64_t>(node.get<uint64_t>() + below(random, 7) - 3);
        }
    }
  }
  return document;
}

// Either, of a text that is a document.
inline std::string document(const std::string &text, const json &seed, Random &random) {
  return below(random, 3) == 0 ? bytes(text, random) : values(seed, random).dump();
}

}  // namespace mutation
