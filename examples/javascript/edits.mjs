// Words with one slip in them, as trunkline_edge.understanding.edits has it.

import { edits } from "./tables.mjs";
import { byCodePoint, isLetters } from "./text.mjs";

// Finds the known words that are one edit away: a letter lost, added, replaced, or two neighbours swapped.
// Each is filed under itself and under all that is left of it without one letter; so is what is looked up.
export class Speller {
  constructor(words = [], least = edits.MIN_LETTERS) {
    this.least = least;
    this.filed = new Map();
    this.words = new Set();
    for (const word of words) this.add(word);
  }

  has(word) {
    return this.words.has(word);
  }

  add(word) {
    if (this.words.has(word)) return;
    this.words.add(word);
    const letters = Array.from(word);
    if (letters.length < this.least || !isLetters(word)) return;
    for (const part of parts(letters)) {
      const filed = this.filed.get(part);
      if (filed) filed.push(word);
      else this.filed.set(part, [word]);
    }
  }

  // Returns the known words that are exactly one edit away, sorted; neither they nor `word` have fewer than `least`
  // letters.
  near(word, least = this.least) {
    const letters = Array.from(word);
    if (letters.length < least || !isLetters(word)) return [];
    const met = new Set(parts(letters).flatMap((part) => this.filed.get(part) ?? []));
    const isNear = (known) => known.length >= least && isOneEdit(letters, known);
    return [...met].filter((known) => isNear(Array.from(known))).sort(byCodePoint);
  }

  // Sets right a word that is one slip away from one known word; any other stays as it is.
  mended(word) {
    const near = this.has(word) ? [] : this.near(word);
    return near.length === 1 ? near[0] : word;
  }
}

// Takes a word that is not known for the known one that it most likely is: letters in another order first, then one
// that is doubled, then any other slip; among equals the word that is said more often.
export class Mender {
  constructor(words, least) {
    this.rank = new Map(words.map((word, at) => [word, at]));
    this.speller = new Speller(words, least);
  }

  mended(word) {
    const weighed = this.speller.near(word).map((known) => [slip(word, known), this.rank.get(known), known]);
    weighed.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return weighed.length ? weighed[0][2] : word;
  }
}

function slip(word, known) {
  const [letters, others] = [Array.from(word), Array.from(known)];
  if ([...letters].sort().join("") === [...others].sort().join("")) return 0;
  const isDouble = (_, at) => letters[at] === letters[at + 1] && letters.toSpliced(at, 1).join("") === known;
  return letters.length > others.length && others.some(isDouble) ? 1 : 2;
}

// Both are arrays of letters.
function isOneEdit(first, second) {
  if (Math.abs(first.length - second.length) > 1) return false;
  const shorter = Math.min(first.length, second.length);
  let same = 0;
  while (same < shorter && first[same] === second[same]) same++;
  if (same === first.length && same === second.length) return false;
  const [one, other] = [first.slice(same), second.slice(same)];
  const isSame = (a, b) => a.join("") === b.join("");
  if (one.length > other.length) return isSame(one.slice(1), other);
  if (one.length < other.length) return isSame(one, other.slice(1));
  const isSwap = isSame(one.slice(0, 2), other.slice(0, 2).reverse()) && isSame(one.slice(2), other.slice(2));
  return isSwap || isSame(one.slice(1), other.slice(1));
}

function parts(letters) {
  return [letters.join(""), ...letters.map((_, at) => letters.slice(0, at).join("") + letters.slice(at + 1).join(""))];
}
