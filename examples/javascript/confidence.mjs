// How confident an answer is, as trunkline_edge.understanding.confidence has it.

import { confidence, result } from "./tables.mjs";

// Weighs what an answer claims; `intent` and `domain` are probabilities, `domain` null without such a head.
export function confidenceOf(intent, labels, domain) {
  const outside = labels.indexOf(result.OUT_OF_SCOPE);
  const claims = [Math.max(...intent), ...(outside < 0 ? [] : [1 - intent[outside]])];
  if (domain) claims.push(Math.max(...domain));
  const odds = claims.map((p) => Math.log((p + confidence.LEAST) / (1 - p + confidence.LEAST)));
  return 1 / (1 + Math.exp(-odds.reduce((a, b) => a + b, 0) / odds.length));
}
