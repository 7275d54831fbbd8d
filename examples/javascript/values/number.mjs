// Numbers as they are said and written in English, as trunkline_edge.understanding.values.number has them. `words` are
// the forms of `splitWords`; null: they are not one number and nothing else.

import { number as table } from "../tables.mjs";

const SMALL = new Map(Object.entries(table.SMALL));
const PARTS = new Map(Object.entries(table.PARTS));
const DIGITS = /^[0-9]+$/;

export const endsWith = (words, end) =>
  words.length >= end.length && end.every((word, at) => word === words[words.length - end.length + at]);

// `spoken` is false where number words are not English: then digits alone are read.
export function readNumber(given, spoken = true) {
  const words = fractionsApart(given);
  if (table.MINUS.includes(words[0]) && (spoken || table.DASHES.includes(words[0]))) {
    const number = readNumber(words.slice(1), spoken);
    return number === null || number < 0 ? null : -number;
  }
  for (const read of spoken ? [written, fraction, mixed, decimal, cardinal] : [written]) {
    const number = read(words);
    if (number !== null) return number;
  }
  return null;
}

// Says whether words are written with a bar: "1/2", "\u00bd".
export const isFraction = (words) => words.some((word) => word.includes("/") || word.includes(table.SLASH));

// Returns words, a fraction in one character ("\u00bd") as three of them.
export const fractionsApart = (given) =>
  given.flatMap((word) => word.replaceAll(table.SLASH, " / ").split(" ").filter(Boolean));

const digits = (word) => (DIGITS.test(word) && word.length <= table.MAX_DIGITS ? Number(word) : null);

// Reads "20", "20.5", "1,000"; a comma before anything but three digits is a decimal one ("20,5").
function written(words) {
  if (words.length === 1) return digits(words[0]);
  if (words.length > 3) return thousands(words, ",");
  const [first, sign, last] = words;
  if (words.length !== 3 || digits(first) === null || digits(last) === null) return null;
  if (sign === "," && last.length === 3 && first !== "0") return digits(first + last);
  if (sign === "." || sign === ",") {
    return (first + last).length <= table.MAX_DIGITS ? Number(`${first}.${last}`) : null;
  }
  return sign === "/" && digits(last) ? digits(first) / digits(last) : null;
}

// Reads digits in groups of three: "1,000,000".
export function thousands(words, mark) {
  const groups = words.filter((_, at) => at % 2 === 0);
  const isGrouped = words.length % 2 === 1 && words.every((word, at) => at % 2 === 0 || word === mark);
  const isWhole = groups.every((group, at) => (at ? group.length === 3 : group.length <= 3 && !group.startsWith("0")));
  return isGrouped && isWhole ? digits(groups.join("")) : null;
}

// Reads "half", "a half", "one quarter", "three quarters".
function fraction(words) {
  if (words.length === 0 || words.length > 2) return null;
  const count = words.slice(0, -1);
  const part = words.at(-1);
  const one = part === "halves" ? "half" : part.replace(/s$/, "");
  if (!PARTS.has(one)) return null;
  if (count.length === 0 || ["a", "one", "1"].includes(count[0])) return one === part ? PARTS.get(one) : null;
  const times = cardinal(count);
  return times !== null && one !== part && times > 1 ? times * PARTS.get(one) : null;
}

// Reads a whole number and a part: "one and a half", "2 1/2".
function mixed(words) {
  const at = words.lastIndexOf("and");
  const isWritten = at < 0 && words.length === 4 && words[2] === "/";
  if (at < 0 && !isWritten) return null;
  const count = isWritten ? digits(words[0]) : cardinal(words.slice(0, at));
  const part = isWritten ? written(words.slice(1)) : fraction(words.slice(at + 1));
  return count !== null && part !== null && part > 0 && part < 1 ? count + part : null;
}

// Reads "twenty point five", "two point two five", "zero point twenty five".
function decimal(words) {
  const at = words.indexOf("point");
  if (at < 0) return null;
  const count = at ? cardinal(words.slice(0, at)) : 0;
  const after = words.slice(at + 1);
  if (count === null || after.length === 0) return null;
  const single = after.map((word) => String(SMALL.get(word) ?? word));
  const together = single.every((digit) => /^[0-9]$/.test(digit)) ? single.join("") : cardinal(after);
  const text = String(together ?? "");
  return text && text.length + String(count).length <= table.MAX_DIGITS ? Number(`${count}.${text}`) : null;
}

// Reads a whole number in words, digits or both: "two hundred and five", "a dozen", "27 hundred", "5 thousand".
function cardinal(words) {
  const said = words.filter((word, at) => !["-", ","].includes(word) || at === 0 || at === words.length - 1);
  for (const [name, [scale, most]] of Object.entries(table.SCALES)) {
    const at = said.indexOf(name);
    if (at < 0) continue;
    const ahead = said.slice(0, at);
    const rest = said.slice(at + 1);
    if (ahead.join(" ") === "half a" && rest.length === 0) return Math.floor(scale / 2);
    const count = ahead.length === 0 || (ahead.length === 1 && ahead[0] === "a") ? 1 : cardinal(ahead);
    const added = rest.length ? cardinal(rest[0] === "and" ? rest.slice(1) : rest) : 0;
    const isWhole = added !== null && added < scale && (added > 0 || rest.length === 0);
    return count && count <= most && isWhole ? count * scale + added : null;
  }
  if (said.length === 2 && table.TENS.includes(said[0]) && table.ONES.slice(1, 10).includes(said[1])) {
    return SMALL.get(said[0]) + SMALL.get(said[1]);
  }
  if (said.length !== 1) return null;
  return SMALL.get(said[0]) ?? digits(said[0]);
}
