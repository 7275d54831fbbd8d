// Kinds of values in German, French, Spanish and Dutch, as trunkline_edge.understanding.values.languages has them:
// number, percent, temperature, duration; ordinals in digits.

import { Speller } from "../edits.mjs";
import { edits, languages as tables } from "../tables.mjs";
import { DIGITS } from "../text.mjs";
import { lengthOf } from "./duration.mjs";
import { endsWith, isFraction } from "./number.mjs";
import { fold, Numerals } from "./numerals.mjs";

export const DEGREES = new Map(Object.entries(tables.DEGREES));

class Language {
  constructor(code) {
    Object.assign(this, tables.LANGUAGES[code]);
    this.numerals = new Numerals(code);
    this.numbers = new Set(this.numerals.words.filter((word) => !this.numerals.points.includes(word)));
    this.seconds = new Map(Object.entries(this.seconds));
    this.split = new Map(Object.entries(this.split));
    const units = [...this.degrees, ...this.seconds.keys(), ...this.split.keys()];
    const words = [...this.numerals.words, ...units, ...this.most, ...this.percent.flat()];
    this.speller = new Speller(words, edits.FEWEST_LETTERS);
  }

  // Says whether a word is a number that is not read: "vierte" is no slip of "viertel".
  isUnread(word) {
    const said = fold(word);
    return this.ordinals.includes(said) || tables.UNREAD.includes(said);
  }

  // Says whether a value would be another one without a word; articles count nothing beside a number.
  tells(word) {
    const said = fold(word);
    const isNumber = this.numerals.table.has(said) || this.numbers.has(said);
    const isBelow = this.below_zero.includes(said);
    return (isNumber && !this.articles.includes(said)) || isBelow || this.isUnread(said);
  }

  // Returns words without leading articles, each in the singular.
  bare(words) {
    let start = 0;
    while (start < words.length - 1 && this.articles.includes(words[start])) start++;
    return words.slice(start).map((word) => this.singular(fold(word)));
  }

  singular(word) {
    const { length } = Array.from(word);
    const found = this.plurals.find(([ending]) => word.endsWith(ending) && length > ending.length + 3);
    return found ? word.slice(0, -found[0].length) + found[1] : word;
  }
}

const known = new Map();

// Returns a language of these tables by its tag; null for English, which has its own rooms, and all others.
export function languageOf(lang) {
  const code = lang.split("-")[0];
  if (!Object.hasOwn(tables.LANGUAGES, code)) return null;
  if (!known.has(code)) known.set(code, new Language(code));
  return known.get(code);
}

const READERS = { number, percent, temperature, duration, ordinal };

// Reads words as one value of a kind, [value, unit], `after` them those that follow; null: it is none. `mends`: those
// that may be misspelt, which are set right where it is none as it stands.
export function readWith(language, kind, words, after, mends) {
  if (!Object.hasOwn(READERS, kind)) return null;
  const [said, follows] = [words.map(fold), after.map(fold)];
  const found = READERS[kind](said, follows, language);
  if (found !== null || mends.length === 0) return found;
  const mended = said.map((word, at) => (mends.includes(words[at]) ? language.speller.mended(word) : word));
  return READERS[kind](mended, follows, language);
}

function number(words, after, { numerals }) {
  const found = numerals.read(words);
  return found === null ? null : [found, null];
}

// A share in words is one of a hundred: "la mitad" is 50.
function percent(words, after, language) {
  const sign = [["%"], ...language.percent].find((each) => endsWith(words, each)) ?? [];
  if (sign.length === 0 && words.length === 1 && language.most.includes(words[0])) return [100, "%"];
  const found = language.numerals.read(words.slice(0, words.length - sign.length));
  if (found === null) return null;
  const isMarked = (word) => DIGITS.test(word) || language.numerals.points.includes(word);
  const isShare = isFraction(words) || !words.some(isMarked);
  return [isShare && sign.length === 0 && found > 0 && found < 1 ? Math.round(found * 100) : found, "%"];
}

// The number as said, in the unit as said, which may follow it; a device knows which one is meant where none is.
function temperature(given, after, language) {
  const isBelow = endsWith(given, language.below_zero);
  let words = isBelow ? given.slice(0, -language.below_zero.length) : given;
  let unit = DEGREES.get(words.at(-1)) ?? null;
  if (unit !== null) words = words.slice(0, -1);
  if (language.degrees.includes(words.at(-1))) words = words.slice(0, -1);
  else if (unit === null) unit = DEGREES.get(language.degrees.includes(after[0]) ? after[1] : after[0]) ?? null;
  const found = language.numerals.read(words);
  return found === null || (isBelow && found < 0) ? null : [isBelow ? -found : found, unit];
}

function duration(words, after, language) {
  const read = (said) => language.numerals.read(said);
  const countOf = (given, isFirst) => {
    let said = !isFirst && [language.conjunction, ",", ...language.linking].includes(given[0]) ? given.slice(1) : given;
    while (said.length > 1 && language.between.includes(said.at(-1))) said = said.slice(0, -1);
    const found = said.length ? read(said) : isFirst ? 1 : null; // "hora y media" begins with one
    return found !== null && found >= 0 ? found : null;
  };
  const said = words.flatMap((word) => language.split.get(word) ?? [word]);
  const found = lengthOf(said, language.seconds, countOf, read, language.conjunction);
  return found === null ? null : [found, "s"];
}

// Digits, and what marks them: "3.", "3e".
function ordinal(words, after, language) {
  const isMarked = words.length === 2 && language.ordinal_ends.includes(words[1]);
  if (!DIGITS.test(words[0]) || (!isMarked && words.length > 1)) return null;
  const found = language.numerals.read(words.slice(0, 1));
  return Number.isInteger(found) && found > 0 ? [found, null] : null;
}
