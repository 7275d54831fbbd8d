// All spellings of a number from 0 to 999 without spaces, as the generators of
// trunkline_edge.understanding.values.numerals yield them.

import { numerals as tables } from "../tables.mjs";

const FRENCH_TENS = new Map(tables.FRENCH_TENS);
const SWISS_TENS = new Map(tables.SWISS_TENS);
const each = (starts, ends) => starts.flatMap((start) => ends.map((end) => start + end));

// Puts hundreds before what `below` yields of the rest; `one` is said before a single hundred.
function hundreds(n, below, one, [alone, joined]) {
  const counts = n < 200 ? one : below(Math.floor(n / 100));
  const rest = n % 100;
  return each(each(counts, rest ? [alone, joined] : [alone]), rest ? below(rest) : [""]);
}

function german(n) {
  const [tens, ones] = [Math.floor(n / 10), n % 10];
  if (n >= 100) return hundreds(n, german, ["", "ein"], ["hundert", "hundertund"]);
  if (n < 20) return n === 1 ? tables.GERMAN_ONES : n === 2 ? ["zwei", "zwo"] : [tables.GERMAN[n]];
  const ahead = ones ? `${ones === 1 ? "ein" : tables.GERMAN[ones]}und` : "";
  return [ahead + tables.GERMAN_TENS[tens - 2]];
}

function dutch(n) {
  const [tens, ones] = [Math.floor(n / 10), n % 10];
  if (n >= 100) return hundreds(n, dutch, ["", "een"], ["honderd", "honderden"]);
  if (n < 20) return [tables.DUTCH[n]];
  return [(ones ? `${tables.DUTCH[ones]}en` : "") + tables.DUTCH_TENS[tens - 2]];
}

function french(n) {
  if (n >= 100) {
    const counts = n < 200 ? [""] : french(Math.floor(n / 100));
    const joints = n % 100 && n >= 200 ? ["cent", "cents"] : ["cent"];
    return each(each(counts, joints), n % 100 ? french(n % 100) : ["", "s"]);
  }
  if (n < 20) return n === 1 ? ["un", "une"] : [tables.FRENCH[n]];
  const ones = n % 10;
  const joint = ones === 1 ? "et" : "";
  const swiss = (SWISS_TENS.get(n - ones) ?? []).map((tens) => tens + joint);
  const base = n - ones - (n - ones === 70 || n - ones === 90 ? 10 : 0);
  const tens = FRENCH_TENS.get(base);
  const isEighty = base === 80;
  const starts = [tens];
  if (n - base === 1 || n - base === 11) starts.push(`${tens}et`);
  if (isEighty && n > base) starts.push(`${tens}s`);
  const ends = n > base ? french(n - base) : isEighty ? ["", "s"] : [""];
  return [...each(swiss, ones ? french(ones) : [""]), ...each(starts, ends)];
}

function spanish(n) {
  const [tens, ones] = [Math.floor(n / 10), n % 10];
  if (n >= 100) {
    const stem = tables.SPANISH_HUNDREDS[Math.floor(n / 100) - 1];
    const names = n < 200 ? ["ciento", "cien"] : [`${stem}os`, `${stem}as`];
    return each(names, n % 100 ? spanish(n % 100) : [""]);
  }
  if (n < 20) {
    const more = n > 15 ? [`diezy${tables.SPANISH[n - 10]}`] : [];
    return [...(n === 1 ? ["uno", "un", "una"] : [tables.SPANISH[n]]), ...more];
  }
  const name = tables.SPANISH_TENS[tens - 2];
  if (!ones) return [name];
  return each([`${name}y`, name, ...(tens === 2 ? ["veinti"] : [])], spanish(ones));
}

export const SPELLINGS = { de: german, nl: dutch, fr: french, es: spanish };
