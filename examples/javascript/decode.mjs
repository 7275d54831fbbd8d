// Logits to labels, as trunkline_edge.understanding.decode and `_decoded` of .session have it.

export function softmax(logits) {
  const greatest = Math.max(...logits);
  const shifted = logits.map((each) => Math.exp(each - greatest));
  const sum = shifted.reduce((a, b) => a + b, 0);
  return shifted.map((each) => each / sum);
}

// Divides logits in single precision, as the device does.
export function scaled(logits, temperature) {
  return logits.map((each) => Math.fround(each / Math.fround(temperature)));
}

const sigmoid = (logit) => 0.5 * (1 + Math.tanh(0.5 * logit));
const argmax = (values) => values.reduce((best, value, at) => (value > values[best] ? at : best), 0);

// Returns the likeliest tag sequence in which every I follows a B or I of its label (Viterbi). Tag 0 is outside;
// label k has B = 2k + 1 and I = 2k + 2.
function bestTags(logits) {
  const tags = logits[0].length;
  let score = logits[0].map((each, tag) => (tag && tag % 2 === 0 ? -Infinity : each));
  const back = [];
  for (const row of logits.slice(1)) {
    const best = argmax(score);
    const from = Array.from({ length: tags }, (_, tag) => {
      if (tag === 0 || tag % 2) return best;
      return score[tag - 1] >= score[tag] ? tag - 1 : tag;
    });
    score = row.map((each, tag) => score[from[tag]] + each);
    back.push(from);
  }
  const path = [argmax(score)];
  for (const from of back.reverse()) path.unshift(from[path[0]]);
  return path;
}

// Returns the probability of every tag of every word when only legal sequences count (forward-backward).
function legalTags(p) {
  const labels = (p[0].length - 1) / 2;
  const each = (make) => Array.from({ length: labels }, (_, k) => make(k));
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const begin = p.map((row) => each((k) => row[2 * k + 1]));
  const inner = p.map((row) => each((k) => row[2 * k + 2]));
  const before = p.map(() => each(() => 0));
  const after = p.map(() => each(() => 1));
  for (let i = 1; i < p.length; i++) {
    const total = p[i - 1][0] + sum(begin[i - 1]) + sum(before[i - 1]);
    before[i] = each((k) => (begin[i - 1][k] + before[i - 1][k]) * (inner[i][k] / total));
  }
  for (let i = p.length - 1; i > 0; i--) {
    const total = p[i][0] + sum(each((k) => begin[i][k] * after[i][k]));
    after[i - 1] = each((k) => after[i - 1][k] + (inner[i][k] * after[i][k]) / total);
  }
  return p.map((row, i) => {
    const legal = row.map((value, tag) => {
      const k = (tag - 1) >> 1;
      return tag === 0 ? value : (tag % 2 ? begin[i][k] : before[i][k]) * after[i][k];
    });
    const total = sum(legal);
    return legal.map((value) => value / total);
  });
}

// Returns the spans of one utterance; `rows` holds the logits of each word.
export function decodeSpans(rows, words, labels) {
  const path = bestTags(rows);
  const likely = legalTags(rows.map((row) => softmax(row).map((each) => each + 1e-30)));
  const spans = [];
  for (let at = 0; at < path.length; at++) {
    if (path[at] === 0) continue;
    const first = at;
    const inside = path[at] % 2 ? path[at] + 1 : path[at];
    while (path[at + 1] === inside) at++;
    const sure = path.slice(first, at + 1).map((tag, i) => likely[first + i][tag]);
    const label = labels[(path[first] - 1) >> 1];
    const mean = sure.reduce((a, b) => a + b, 0) / sure.length;
    spans.push({ start: words[first].start, end: words[at].end, label, p: mean });
  }
  return spans;
}

// Returns what a head says: a ranking (class), a list of labels (multilabel), spans (tag) or a number (score). `rows`
// are its logits: those of each word for a tag head, one row for all others.
export function decodeHead(head, rows, words) {
  const ranked = (p) => p.map((each, at) => ({ label: head.labels[at], p: each })).sort((a, b) => b.p - a.p);
  if (head.kind === "class") return ranked(softmax(scaled(rows[0], head.temperature)));
  if (head.kind === "multilabel") {
    return ranked(scaled(rows[0], head.temperature).map(sigmoid)).filter((each) => each.p >= head.threshold);
  }
  if (head.kind === "score") return rows[0][0];
  return decodeSpans(rows.map((row) => scaled(row, head.temperature)), words, head.labels);
}
