// Words to ids, as trunkline_edge.understanding.featurizer has it.

import { Mender } from "./edits.mjs";
import { Pieces } from "./pieces.mjs";
import { featurizer } from "./tables.mjs";
import { DIGITS, SPACES, splitWords } from "./text.mjs";

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Returns the pattern of hesitations; a comma after one belongs to it.
function hesitations(skips) {
  const words = skips.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
  const letters = "\\p{L}\\p{N}_'\\-";
  return new RegExp(`(?<![${letters}])(?:${words})(?![${letters}\\u0300-\\u036f])(?:[${SPACES}]*,)?`, "giu");
}

export class Featurizer {
  constructor(config, vocabulary) {
    this.config = config;
    this.pieces = config.kind === "pieces" ? new Pieces(vocabulary) : null;
    this.ids = new Map(vocabulary.map((word, at) => [word, featurizer.FIRST_WORD_ID + at]));
    this.firstBucket = featurizer.FIRST_WORD_ID + vocabulary.length;
    this.mender = this.pieces ? null : new Mender(vocabulary.slice(0, config.mends ?? 0), featurizer.MIN_MENDED);
    this.skipped = config.skips?.length ? hesitations(config.skips) : null;
  }

  // Returns a text with spaces in place of hesitations, of the same length; both are arrays of code points.
  heard(points) {
    if (!this.skipped) return points;
    return Array.from(points.join("").replace(this.skipped, (found) => " ".repeat(Array.from(found).length)));
  }

  // Returns the word as which a word form is read: itself, or a known one that is one slip away.
  meant(form) {
    return !this.mender || this.ids.has(form) ? form : this.mender.mended(form);
  }

  // Returns the ids of one word, as many as there is room for: its own, then those of its n-grams; or of its pieces.
  features(said) {
    const { buckets, ngram_min, ngram_max, max_features } = this.config;
    if (this.pieces) {
      const cut = this.pieces.cut(said).slice(0, max_features);
      return cut.map((piece) => (piece === null ? featurizer.UNKNOWN_ID : featurizer.FIRST_WORD_ID + piece));
    }
    const form = this.meant(said);
    const marked = Array.from(`<${form}>`);
    const grams = DIGITS.test(form) ? ["#".repeat(Array.from(form).length)] : [];
    for (let length = ngram_min; length <= ngram_max; length++) {
      for (let at = 0; at + length <= marked.length; at++) grams.push(marked.slice(at, at + length).join(""));
    }
    const hashed = grams.slice(0, max_features - 1).map((gram) => this.firstBucket + (crc32(gram) % buckets));
    return [this.ids.get(form) ?? featurizer.UNKNOWN_ID, ...hashed];
  }

  // Returns the words that are read and their ids, shape (words, max_features), padded with 0.
  read(points) {
    const words = splitWords(this.heard(points));
    const kept = words.slice(0, this.config.max_words);
    const ids = new BigInt64Array(kept.length * this.config.max_features);
    kept.forEach((word, row) => {
      this.features(word.form).forEach((id, at) => (ids[row * this.config.max_features + at] = BigInt(id)));
    });
    return { words: kept, ids, isCut: words.length > kept.length };
  }
}
