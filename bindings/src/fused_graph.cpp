#include "fused_graph.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/subgraph_matcher.h>
#include <torch/csrc/jit/passes/subgraph_rewrite.h>

#include <optional>
#include <string>
#include <vector>

namespace landbc {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::toIValue;
using torch::jit::Value;
using Values = std::unordered_map<std::string, Value *>;

// pylandbc.predict.fused_graph rewrites likewise, so that predictions and coupled runs have the same bits.
constexpr const char *kArguments = "graph(%x, %w, %b, %stride, %padding, %dilation, %groups):\n";
constexpr const char *kConvolution =
    "  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)\n";

constexpr const char *kTwo =
    "graph(%x, %w, %b, %s, %v, %c, %stride, %padding, %dilation, %groups, %one):\n"
    "  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)\n"
    "  %t = aten::conv2d(%s, %v, %c, %stride, %padding, %dilation, %groups)\n"
    "  %z = aten::add_(%y, %t, %one)\n"
    "  %r = aten::relu_(%z)\n"
    "  return (%r)\n";
constexpr const char *kTwoFused =
    "graph(%x, %w, %b, %s, %v, %c, %stride, %padding, %dilation, %groups, %one):\n"
    "  %none : str = prim::Constant[value=\"none\"]()\n"
    "  %relu : str = prim::Constant[value=\"relu\"]()\n"
    "  %add : str = prim::Constant[value=\"add\"]()\n"
    "  %scalars : Scalar?[] = prim::ListConstruct()\n"
    "  %algorithm : NoneType = prim::Constant()\n"
    "  %y = mkldnn::_convolution_pointwise(%x, %w, %b, %padding, %stride, %dilation, %groups, %none, "
    "%scalars, %algorithm)\n"
    "  %z = mkldnn::_convolution_pointwise_(%y, %s, %v, %c, %padding, %stride, %dilation, %groups, %add, "
    "%one, %relu, %scalars, %algorithm)\n"
    "  return (%z)\n";

constexpr const char *kPool =
    "graph(%x, %size, %stride, %padding, %dilation, %ceil):\n"
    "  %z = aten::max_pool2d(%x, %size, %stride, %padding, %dilation, %ceil)\n"
    "  return (%z)\n";
constexpr const char *kMaxima =
    "graph(%x, %size, %stride, %padding, %dilation, %ceil):\n"
    "  %zero : int = prim::Constant[value=0]()\n"
    "  %one : int = prim::Constant[value=1]()\n"
    "  %two : int = prim::Constant[value=2]()\n"
    "  %three : int = prim::Constant[value=3]()\n"
    "  %end : NoneType = prim::Constant()\n"
    "  %upper = aten::slice(%x, %two, %zero, %end, %two)\n"
    "  %lower = aten::slice(%x, %two, %one, %end, %two)\n"
    "  %a = aten::slice(%upper, %three, %zero, %end, %two)\n"
    "  %b = aten::slice(%upper, %three, %one, %end, %two)\n"
    "  %c = aten::slice(%lower, %three, %zero, %end, %two)\n"
    "  %d = aten::slice(%lower, %three, %one, %end, %two)\n"
    "  %above = aten::maximum(%a, %b)\n"
    "  %below = aten::maximum(%c, %d)\n"
    "  %z = aten::maximum(%above, %below)\n"
    "  return (%z)\n";

// Fields are convolved apart where each has a multiple of so many channels: others leave lanes empty.
constexpr int64_t kBlock = 16;

std::string fused(const std::string &then) {
  return std::string(kArguments) + "  %then : str = prim::Constant[value=\"" + then + "\"]()\n" +
         "  %scalars : Scalar?[] = prim::ListConstruct()\n"
         "  %algorithm : NoneType = prim::Constant()\n"
         "  %z = mkldnn::_convolution_pointwise(%x, %w, %b, %padding, %stride, %dilation, %groups, %then, "
         "%scalars, %algorithm)\n"
         "  return (%z)\n";
}

std::optional<at::Tensor> constant_tensor(Value *value) {
  const auto found = toIValue(value);
  if (!found || !found->isTensor()) return std::nullopt;
  return found->toTensor();
}

std::optional<std::vector<int64_t>> constant_ints(Value *value) {
  if (const auto found = toIValue(value); found && found->isIntList()) return found->toIntVector();
  if (value->node()->kind() != c10::prim::ListConstruct) return std::nullopt;
  std::vector<int64_t> values;
  for (Value *part : value->node()->inputs()) {
    const auto one = toIValue(part);
    if (!one || !one->isInt()) return std::nullopt;
    values.push_back(one->toInt());
  }
  return values;
}

// What the operation takes: constant weights in single precision or bfloat16, padding by numbers.
bool fits(const torch::jit::Match &match, const Values &names) {
  const auto weight = constant_tensor(match.values_map.at(names.at("w")));
  if (!weight || !constant_ints(match.values_map.at(names.at("padding")))) return false;
  const auto type = weight->scalar_type();
  return weight->dim() == 4 && (type == at::kFloat || type == at::kBFloat16);
}

// Channels of a field that comes out of a convolution, or of a part of its pixels; 0 where that is not so.
int64_t channels(Value *value) {
  Node *node = value->node();
  if (node->kind() == c10::aten::relu_ || node->kind() == c10::aten::clone) return channels(node->input(0));
  if (node->kind() == c10::aten::slice) {
    const auto axis = toIValue(node->inputs()[1]);
    return axis && axis->isInt() && axis->toInt() != 0 && axis->toInt() != 1 ? channels(node->input(0)) : 0;
  }
  const bool transposed = node->kind() == c10::aten::conv_transpose2d;
  if (!transposed && node->kind() != c10::aten::conv2d) return 0;
  const auto weight = constant_tensor(node->inputs()[1]);
  const auto groups = toIValue(node->inputs()[6]);
  return weight && groups && groups->isInt() && groups->toInt() == 1 ? weight->size(transposed ? 1 : 0) : 0;
}

// The convolution of two joined fields, followed by a ReLU, as that of one and, added to it, the other.
void apart(Graph &graph, Node *node) {
  Node *joined = node->input(0)->node();
  const auto weight = constant_tensor(node->input(1));
  const auto &uses = node->output()->uses();
  if (joined->kind() != c10::aten::cat || uses.size() != 1 || uses[0].user->kind() != c10::aten::relu_ ||
      !weight)
    return;
  const auto axis = toIValue(joined->input(1));
  Node *list = joined->input(0)->node();
  if (list->kind() != c10::prim::ListConstruct || list->inputs().size() != 2 || !axis || !axis->isInt() ||
      axis->toInt() != 1 || weight->scalar_type() != at::kFloat)
    return;
  std::vector<int64_t> counts;
  for (Value *part : list->inputs()) counts.push_back(channels(part));
  if (counts[0] + counts[1] != weight->size(1)) return;
  for (const int64_t count : counts) {
    if (count == 0 || count % kBlock != 0) return;
  }
  torch::jit::WithInsertPoint guard(node);
  const auto shares = weight->split_with_sizes(counts, 1);
  std::vector<Value *> found;
  for (size_t i = 0; i < 2; ++i) {
    Value *own = graph.insertConstant(shares[i].contiguous(at::MemoryFormat::ChannelsLast));
    Value *offset = i == 0 ? node->input(2) : graph.insertConstant(c10::IValue());
    std::vector<Value *> arguments = {list->input(i), own, offset};
    for (size_t k = 3; k < node->inputs().size(); ++k) arguments.push_back(node->input(k));
    found.push_back(graph.insertNode(graph.create(c10::aten::conv2d, arguments, 1))->output());
  }
  found.push_back(graph.insertConstant(1));
  Value *both = graph.insertNode(graph.create(c10::aten::add_, found, 1))->output();
  node->output()->replaceAllUsesWith(both);
  node->destroy();
}

// Whether maxima are of 2 x 2 pixels that do not overlap.
bool halves(const torch::jit::Match &match, const Values &names) {
  const auto ints = [&](const char *name) { return constant_ints(match.values_map.at(names.at(name))); };
  const std::vector<int64_t> two = {2, 2}, nothing = {0, 0}, one = {1, 1};
  const auto stride = ints("stride");
  const auto ceil = toIValue(match.values_map.at(names.at("ceil")));
  return ints("size") == two && stride && (stride->empty() || *stride == two) && ints("padding") == nothing &&
         ints("dilation") == one && ceil && ceil->isBool() && !ceil->toBool();
}

void rewrite(std::shared_ptr<Graph> graph, const std::string &found, const std::string &wanted,
             bool (*filter)(const torch::jit::Match &, const Values &)) {
  torch::jit::SubgraphRewriter rewriter;
  rewriter.RegisterRewritePattern(found, wanted);
  rewriter.runOnGraph(graph, filter);
}

}  // namespace

void fuse_for_cpu(torch::jit::Module &frozen) {
  const bool there =
      c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""}).has_value();
  if (!at::globalContext().userEnabledMkldnn() || !there) return;
  auto graph = frozen.get_method("forward").graph();
  std::vector<Node *> convolutions;
  for (Node *node : graph->nodes()) {
    if (node->kind() == c10::aten::conv2d) convolutions.push_back(node);
  }
  for (Node *node : convolutions) apart(*graph, node);
  rewrite(graph, kTwo, kTwoFused, fits);
  rewrite(graph, kPool, kMaxima, halves);
  const std::string plain = std::string(kArguments) + kConvolution;
  rewrite(graph, plain + "  %z = aten::relu_(%y)\n  return (%z)\n", fused("relu"), fits);
  rewrite(graph, plain + "  return (%y)\n", fused("none"), fits);
}

}  // namespace landbc
