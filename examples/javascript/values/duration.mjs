// Lengths of time in seconds, as trunkline_edge.understanding.values.duration has it.

import { duration } from "../tables.mjs";
import { readNumber } from "./number.mjs";

const SECONDS = new Map(Object.entries(duration.SECONDS));

// Reads words that are one length of time and nothing else.
export const readDuration = (words) => lengthOf(words, SECONDS, countOf, readNumber, "and");

// Returns the seconds of a length of time; units must come from long to short. `count` reads what stands before a unit,
// and is told whether that is the first; `number` what follows the last one: a part after a conjunction, or sixtieths.
export function lengthOf(words, seconds, count, number, conjunction) {
  let [total, unit, begun] = [0, 0, 0];
  for (const [at, word] of words.entries()) {
    if (!seconds.has(word)) continue;
    const last = unit;
    unit = seconds.get(word);
    const found = count(words.slice(begun, at), begun === 0);
    if (found === null || (last && unit >= last)) return null;
    total += found * unit;
    begun = at + 1;
  }
  if (!unit) return null;
  if (begun < words.length) {
    const isJoined = words[begun] === conjunction;
    const part = number(words.slice(isJoined ? begun + 1 : begun));
    const isSixtieths = Number.isInteger(part) && part > 0 && part < duration.SIXTY && [60, 3600].includes(unit);
    if (part === null || !(isSixtieths || (isJoined && part > 0 && part < 1))) return null;
    total += isSixtieths ? (part * unit) / duration.SIXTY : part * unit;
  }
  return total;
}

// Reads what stands before a unit: "two and a half", "half an", "a quarter of an", "a"; no unit is negative.
function countOf(given, isFirst) {
  const words = !isFirst && ["and", ","].includes(given[0]) ? given.slice(1) : given;
  const hasArticle = ["a", "an"].includes(words.at(-1));
  if (hasArticle && words.length === 1) return 1;
  if (hasArticle) {
    const part = readNumber(words.slice(0, words.at(-2) === "of" ? -2 : -1));
    return part !== null && part > 0 && part < 1 ? part : null;
  }
  const number = readNumber(words);
  return number !== null && number >= 0 ? number : null;
}
