// Text to words, as trunkline_edge.understanding.text has it (text version 1).
// Offsets count code points, so a text is an array of them: JavaScript's own count is of UTF-16 units.

export const SPACES = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const MARK = /[\p{M}\u200d\u{1F3FB}-\u{1F3FF}]/u;
const SPACE = /[\p{Z}\p{C}]/u;
const LETTER = /\p{L}/u;
// Scripts written without spaces: every character is a word of its own.
const UNSPACED = /[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
// Decimal digits, and the few other digits that NFKC leaves as they are.
export const DIGITS =
  /^[\p{Nd}\u1369-\u1371\u19da\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}]+$/u;
const JOINER = "\u200d";
export const isMark = (point) => MARK.test(point);

// a: letter, d: digit, space, mark: belongs to the character before, s: stands alone.
function kindOf(point) {
  if (isMark(point)) return "mark";
  if (SPACE.test(point)) return " ";
  if (/\p{Nd}/u.test(point)) return "d";
  return LETTER.test(point) && !UNSPACED.test(point) ? "a" : "s";
}

export function splitWords(points) {
  const kinds = points.map(kindOf);
  const isBoundary = (at) => kinds[at] !== "mark" && (points[at - 1] !== JOINER || kinds[at] === " ");
  const words = [];
  for (let start = 0; start < points.length; ) {
    const kind = kinds[start];
    let end = start + 1;
    while (end < points.length && (!isBoundary(end) || ("ad".includes(kind) && kinds[end] === kind))) end++;
    if (kind !== " ") {
      words.push({ start, end, form: points.slice(start, end).join("").normalize("NFKC").toLowerCase() });
    }
    start = end;
  }
  return words;
}

export function normalise(text) {
  const single = text.toLowerCase().normalize("NFC").replace(new RegExp(`[${SPACES}]+`, "g"), " ");
  return single.replace(/^ | $/g, "");
}

// Returns the forms of a text's words.
export const formsOf = (text) => splitWords(Array.from(text)).map(({ form }) => form);

export const isLetters = (word) => /^\p{L}+$/u.test(word);

// Compares two texts as Python sorts them: by code points, not by UTF-16 units.
export function byCodePoint(one, other) {
  const [a, b] = [one, other].map((text) => Array.from(text, (point) => point.codePointAt(0)));
  const at = a.findIndex((point, i) => point !== b[i]);
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? -1);
}
