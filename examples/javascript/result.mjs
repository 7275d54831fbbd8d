// The canonical result, as trunkline_edge.understanding.result has it, and `printable`.

const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/g;

const rounded = (number) => Number(number.toFixed(4));
const ranked = ({ label, p }) => ({ label, p: rounded(p) });

function slotJson({ name, label, raw, value, unit, start, end, p, isName, id, candidates }) {
  return {
    name, type: label, raw, value, ...(unit === null ? {} : { unit }), start, end, p: rounded(p),
    ...(isName ? { id } : {}), ...(candidates.length ? { candidates } : {}),
  };
}

function intentJson({ name, p, slots, unspoken }) {
  const silent = Object.keys(unspoken).length ? { unspoken } : {};
  return { name, p: rounded(p), slots: slots.map(slotJson), ...silent };
}

function answerJson(answer) {
  if (typeof answer === "number") return rounded(answer);
  if (!Array.isArray(answer)) return ranked(answer);
  return answer.map((each) => ("raw" in each ? slotJson(each) : ranked(each)));
}

// Returns plain values in a fixed order, of an answer whose probabilities are not rounded yet.
export function resultJson({ text, lang, bundle_id, intents, domain, heads, rejected, reason }) {
  const others = Object.entries(heads).map(([name, answer]) => [name, answerJson(answer)]);
  return {
    text, lang, bundle_id,
    intents: intents.map(intentJson),
    domain: domain && ranked(domain),
    heads: Object.fromEntries(others),
    rejected, reason,
  };
}

// Returns one line of JSON, with escapes for what would steer a terminal or end a line unseen.
export function resultLine(result) {
  return JSON.stringify(result).replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
