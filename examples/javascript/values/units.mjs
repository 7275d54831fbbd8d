// Numbers and the units that are said with them, as trunkline_edge.understanding.values.units has it.

import { units } from "../tables.mjs";
import { splitWords } from "../text.mjs";
import { languageOf } from "./languages.mjs";
import { fold } from "./numerals.mjs";

const UNITS = new Map(Object.entries(units.UNITS));
const SMALLER = new Map(Object.entries(units.SMALLER));
const PARTS = new Set(units.PARTS);
const SECONDS = new Map(units.SECONDS);

// Returns the spans, those of hours, minutes and seconds with the label of the unit that is said beside them.
// Labels end with their unit ("start_hours"); `labels` are those that there are. Of several languages the first that
// knows the words around a number tells.
export function agreeWithUnits(spans, points, labels, languages) {
  return spans.map((span) => {
    const ending = [...UNITS.keys()].find((unit) => span.label.endsWith(unit));
    if (ending === undefined) return span;
    const parts = [points.slice(0, span.start), points.slice(span.start, span.end), points.slice(span.end)];
    const around = parts.map((part) => splitWords(part).map(({ form }) => form));
    const unit = languages.map((lang) => unitIn(lang, ...around)).find(Boolean);
    const label = `${span.label.slice(0, -ending.length)}${unit}`;
    return unit && labels.has(label) ? { ...span, label } : span;
  });
}

function unitIn(lang, ahead, words, behind) {
  if (lang.split("-")[0] === "en") return unitOf(ahead, words, behind);
  const language = languageOf(lang);
  return language && unitByTable(language, ...[ahead, words, behind].map((part) => part.map(fold)));
}

// Returns the unit in a language of tables: "media hora" and "hora y media" are half an hour. What is more than one, as
// "anderhalf", rows say in a unit of their own choice.
function unitByTable(language, ahead, words, behind) {
  const unitNamed = (word) => SECONDS.get(language.seconds.get(word)) ?? null;
  const [follows] = behind.slice(0, 4).filter((word) => !language.between.includes(word));
  const part = language.numerals.parts.get(words.join(""));
  const unit = unitNamed(follows);
  if (part === undefined) return unit;
  const isAfter = unit === null && ahead.length > 1 && ahead.at(-1) === language.conjunction;
  return part < 1 ? (isAfter ? unitNamed(ahead.at(-2)) : unit) : null;
}

// Returns the unit in which a number is counted, from the words around it; null where they do not tell.
function unitOf(ahead, words, behind) {
  const isHalf = words.at(-2) === "/" && words.at(-1) === "2";
  if (isHalf || PARTS.has(words.at(-1))) return unitOfPart(ahead, words, behind);
  const rest = behind.slice(0, 6).filter((word) => word !== "-");
  if (UNITS.has(rest[0])) return UNITS.get(rest[0]);
  if (rest[0] !== "and") return null;
  // "One and a half hours": the part stands between the number and its unit.
  const tail = rest.slice(1).filter((word) => word !== "a" && word !== "three");
  return PARTS.has(tail[0]) ? (UNITS.get(tail[1]) ?? null) : null;
}

// "Half an hour", "one and a half hours"; "an hour and a half" has its unit before.
function unitOfPart(ahead, words, behind) {
  const follows = behind.slice(0, 4).filter((word) => !["-", "a", "an", "of"].includes(word));
  if (UNITS.has(follows[0]) && !["and", ","].includes(behind[0])) {
    const unit = UNITS.get(follows[0]);
    return words.length < 3 || !words.includes("and") ? (SMALLER.get(unit) ?? null) : unit;
  }
  const saidBefore = ahead.slice(-3).filter((word) => word !== "a" && word !== "an");
  const unit = saidBefore.at(-1) === "and" ? UNITS.get(saidBefore.at(-2)) : undefined;
  return SMALLER.get(unit) ?? null;
}
