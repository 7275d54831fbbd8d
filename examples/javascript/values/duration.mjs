// Lengths of time in seconds, as trunkline_edge.understanding.values.duration has it.

import { duration } from "../tables.mjs";
import { readNumber } from "./number.mjs";

const SECONDS = new Map(Object.entries(duration.SECONDS));

// Reads words that are one length of time and nothing else; units must come from long to short.
export function readDuration(words) {
  let [total, unit, begun] = [0, 0, 0];
  for (const [at, word] of words.entries()) {
    if (!SECONDS.has(word)) continue;
    const last = unit;
    unit = SECONDS.get(word);
    const count = countOf(words.slice(begun, at), begun === 0);
    if (count === null || (last && unit >= last)) return null;
    total += count * unit;
    begun = at + 1;
  }
  if (!unit) return null;
  if (begun < words.length) {
    const part = words[begun] === "and" ? readNumber(words.slice(begun + 1)) : null;
    if (part === null || part <= 0 || part >= 1) return null;
    total += part * unit;
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
