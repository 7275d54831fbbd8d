// The kinds of values, as trunkline_edge.understanding.values.kinds has them: words in English and the languages of
// languages.mjs, digits in all.

import { Speller } from "../edits.mjs";
import { edits, kinds, number as numbers } from "../tables.mjs";
import { DIGITS, formsOf } from "../text.mjs";
import { readClock } from "./clock.mjs";
import { readDuration } from "./duration.mjs";
import { DEGREES, languageOf, readWith } from "./languages.mjs";
import { endsWith, isFraction, readNumber } from "./number.mjs";

const ORDINALS = new Map(Object.entries(kinds.ORDINALS));
const SPELLERS = new Map(
  Object.entries(kinds.SPELLERS).map(([kind, words]) => [kind, new Speller(words, edits.FEWEST_LETTERS)]),
);
const READERS = { number, percent, temperature, duration, ordinal, datetime };

// Reads a text as a value of a kind: {value, unit}, or null where it is none. `after` is what follows the text in its
// sentence, where a unit may stand. Of several `languages` it may be in any; what means two things is not read.
export function readKind(kind, text, languages, after = "") {
  const words = formsOf(text);
  if (!Object.hasOwn(READERS, kind) || words.length === 0) return null;
  const following = formsOf(after).slice(0, 2);
  const slips = words.filter((word) => !languages.some((lang) => isUnread(word, lang)));
  for (const mends of languages.length === 1 ? [slips] : [[], slips]) {
    const readings = languages.map((lang) => readIn(lang, kind, words, following, mends)).filter(Boolean);
    const found = new Map(readings.map((reading) => [JSON.stringify(reading), reading]));
    if (found.size) return found.size === 1 ? readings[0] : null;
  }
  return null;
}

function readIn(lang, kind, words, following, mends) {
  const language = languageOf(lang);
  if (language) {
    const found = readWith(language, kind, words, following, mends);
    return found && valueOf(...found);
  }
  const spoken = isEnglish(lang);
  const mended = (word) => (spoken && mends.includes(word) ? SPELLERS.get(kind).mended(word) : word);
  return READERS[kind](words.map(mended), following, spoken);
}

const isEnglish = (lang) => lang.split("-")[0] === "en";

// Says whether a word is a number that no kind but `ordinal` reads: "fifth" is no slip of "fifty".
function isUnread(word, lang) {
  return isEnglish(lang) ? kinds.UNREAD.includes(word) : (languageOf(lang)?.isUnread(word) ?? false);
}

// Says whether a value of a kind would be another one without a word: a number, a sign, "pm".
export function tells(kind, word, languages) {
  if (numbers.DASHES.includes(word) || /\p{N}/u.test(word)) return true;
  return languages.some((lang) => {
    const isSaid = isEnglish(lang) && (numbers.WORDS.includes(word) || (kinds.TELLING[kind] ?? []).includes(word));
    return isSaid || (languageOf(lang)?.tells(word) ?? false);
  });
}

const valueOf = (value, unit = null) => (value === null ? null : { value, unit });

function number(words, after, spoken) {
  return valueOf(readNumber(words, spoken));
}

// A share is one of a hundred: "half" and "1/2" are 50, "a third" is 33.
function percent(words, after, spoken) {
  const sign = [["%"], ["percent"], ["per", "cent"], ["pct"]].find((each) => endsWith(words, each));
  if (sign) return valueOf(readNumber(words.slice(0, words.length - sign.length), spoken), "%");
  if (spoken && words.length === 1 && ["full", "fully", "max", "maximum"].includes(words[0])) return valueOf(100, "%");
  const found = readNumber(words, spoken);
  if (found === null) return null;
  const isShare = isFraction(words) || !words.some((word) => DIGITS.test(word) || word === "point");
  return valueOf(isShare && found > 0 && found < 1 ? Math.round(found * 100) : found, "%");
}

// The number as said, in the unit as said; a device knows which unit is meant where none is.
function temperature(given, after, spoken) {
  const isBelow = spoken && endsWith(given, ["below", "zero"]);
  let words = isBelow ? given.slice(0, -2) : given;
  let unit = DEGREES.get(words.at(-1)) ?? null;
  if (unit !== null) words = words.slice(0, -1);
  if (kinds.DEGREE_WORDS.includes(words.at(-1))) words = words.slice(0, -1);
  else if (unit === null) unit = DEGREES.get(kinds.DEGREE_WORDS.includes(after[0]) ? after[1] : after[0]) ?? null;
  const found = readNumber(words, spoken);
  return valueOf(found === null || (isBelow && found < 0) ? null : isBelow ? -found : found, unit);
}

function duration(words, after, spoken) {
  return valueOf(spoken ? readDuration(words) : null, "s");
}

// "Third", "twenty first", "2nd"; in other languages digits with a full stop or nothing after them.
function ordinal(words, after, spoken) {
  const start = words.slice(0, -1);
  const last = words.at(-1);
  let found = null;
  const isMarked = DIGITS.test(start.at(-1) ?? "") && ["st", "nd", "rd", "th", "."].includes(last);
  if (isMarked) found = readNumber(start, spoken);
  else if (!spoken) found = readNumber(words, false);
  else if (ORDINALS.has(last)) found = readNumber([...start, ORDINALS.get(last)]);
  else if (last.endsWith("ieth")) found = readNumber([...start, `${last.slice(0, -4)}y`]);
  else if (last.endsWith("th")) found = readNumber([...start, last.slice(0, -2)]);
  return Number.isInteger(found) && found > 0 ? valueOf(found) : null;
}

function datetime(words, after, spoken) {
  return valueOf(spoken ? readClock(words) : null);
}
