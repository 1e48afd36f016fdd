#include "fused_graph.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/subgraph_matcher.h>
#include <torch/csrc/jit/passes/subgraph_rewrite.h>

#include <string>

namespace landbc {
namespace {

// pylandbc.predict.fused_graph rewrites likewise, so that predictions and coupled runs have the same bits.
constexpr const char *kArguments = "graph(%x, %w, %b, %stride, %padding, %dilation, %groups):\n";
constexpr const char *kConvolution =
    "  %y = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)\n";

std::string fused(const std::string &then) {
  return std::string(kArguments) + "  %then : str = prim::Constant[value=\"" + then + "\"]()\n" +
         "  %scalars : Scalar?[] = prim::ListConstruct()\n"
         "  %algorithm : NoneType = prim::Constant()\n"
         "  %z = mkldnn::_convolution_pointwise(%x, %w, %b, %padding, %stride, %dilation, %groups, %then, "
         "%scalars, %algorithm)\n"
         "  return (%z)\n";
}

// What the operation takes: constant weights in single precision or bfloat16, padding by numbers.
bool fits(const torch::jit::Match &match, const std::unordered_map<std::string, torch::jit::Value *> &names) {
  const auto weight = torch::jit::toIValue(match.values_map.at(names.at("w")));
  const auto padding = torch::jit::toIValue(match.values_map.at(names.at("padding")));
  if (!weight || !weight->isTensor() || !padding || !padding->isIntList()) return false;
  const auto type = weight->toTensor().scalar_type();
  return weight->toTensor().dim() == 4 && (type == at::kFloat || type == at::kBFloat16);
}

}  // namespace

void fuse_for_cpu(torch::jit::Module &frozen) {
  const bool there =
      c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""}).has_value();
  if (!at::globalContext().userEnabledMkldnn() || !there) return;
  torch::jit::SubgraphRewriter rewriter;
  const std::string plain = std::string(kArguments) + kConvolution;
  rewriter.RegisterRewritePattern(plain + "  %z = aten::relu_(%y)\n  return (%z)\n", fused("relu"));
  rewriter.RegisterRewritePattern(plain + "  return (%y)\n", fused("none"));
  auto graph = frozen.get_method("forward").graph();
  rewriter.runOnGraph(graph, fits);
}

}  // namespace landbc
