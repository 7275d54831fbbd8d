// Text to words to ids, as trunkline_edge.understanding.text and .featurizer have it (text version 1).
// Offsets count code points, so a text is an array of them: JavaScript's own count is of UTF-16 units.

export const SPACES = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const MARK = /[\p{M}\u200d\u{1F3FB}-\u{1F3FF}]/u;
const SPACE = /[\p{Z}\p{C}]/u;
const LETTER = /\p{L}/u;
// Scripts written without spaces: every character is a word of its own.
const UNSPACED = /[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
// Decimal digits, and the few other digits that NFKC leaves as they are.
const DIGITS =
  /^[\p{Nd}\u1369-\u1371\u19da\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}]+$/u;
const JOINER = "\u200d";
const UNKNOWN = 1;
const FIRST_WORD = 2;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// a: letter, d: digit, space, mark: belongs to the character before, s: stands alone.
function kindOf(point) {
  if (MARK.test(point)) return "mark";
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

export class Featurizer {
  constructor(config, vocabulary) {
    this.config = config;
    this.ids = new Map(vocabulary.map((word, at) => [word, FIRST_WORD + at]));
  }

  // Returns the ids of one word: its own, then those of its n-grams, as many as there is room for.
  features(form) {
    const { buckets, ngram_min, ngram_max, max_features } = this.config;
    const marked = Array.from(`<${form}>`);
    const grams = DIGITS.test(form) ? ["#".repeat(Array.from(form).length)] : [];
    for (let length = ngram_min; length <= ngram_max; length++) {
      for (let at = 0; at + length <= marked.length; at++) grams.push(marked.slice(at, at + length).join(""));
    }
    const hashed = grams.slice(0, max_features - 1).map((gram) => FIRST_WORD + this.ids.size + (crc32(gram) % buckets));
    return [this.ids.get(form) ?? UNKNOWN, ...hashed];
  }

  // Returns the words that are read and their ids, shape (words, max_features), padded with 0.
  read(points) {
    const words = splitWords(points);
    const kept = words.slice(0, this.config.max_words);
    const ids = new BigInt64Array(kept.length * this.config.max_features);
    kept.forEach((word, row) => {
      this.features(word.form).forEach((id, at) => (ids[row * this.config.max_features + at] = BigInt(id)));
    });
    return { words: kept, ids, isCut: words.length > kept.length };
  }
}
