// From spans to values, as trunkline_edge.understanding.values.reader has it: what a bundle's values file says.

import { kinds, reader } from "../tables.mjs";
import { byCodePoint, formsOf, normalise } from "../text.mjs";
import { readKind, tells } from "./kinds.mjs";
import { Meanings } from "./table.mjs";
import { agreeWithUnits } from "./units.mjs";

const keyOf = (labels) => JSON.stringify([...new Set(labels)].sort(byCodePoint));
const situation = (intent, domain, labels) => JSON.stringify([intent, domain ?? "", keyOf(labels)]);
const mapOf = (table, make) => new Map(Object.entries(table ?? {}).map(([key, value]) => [key, make(value)]));

// Reads the spans of one bundle. A reading is {slot, value}, its value {value, unit}, or null where it cannot be read.
export class ValueReader {
  constructor(languages, file) {
    this.languages = languages;
    this.rules = mapOf(file.labels, (rule) => ({
      times: 1,
      rest: null,
      ...rule,
      meanings: new Meanings(rule.words ?? {}, languages),
      byDomain: mapOf(rule.by_domain, (words) => new Meanings(words, languages)),
    }));
    const unknown = [...this.rules.values()].find(({ kind }) => !kinds.KINDS.includes(kind));
    if (unknown) throw new Error(`values: unknown kind ${unknown.kind}`);
    this.labels = new Set(this.rules.keys());
    this.fitting = mapOf(file.fits, (labels) => new Set(labels));
    this.shapes = mapOf(file.shapes, (sets) => new Set(sets.map(keyOf)));
    this.things = mapOf(file.things, (labels) => mapOf(labels, (domains) => new Set(domains)));
    this.least = mapOf(file.least, (sets) => sets);
    this.silent = new Map(file.unspoken.map((rule) => [situation(rule.intent, rule.domain, rule.labels), rule.slots]));
  }

  // Reads one span; `after` is what follows it in its sentence. The first reading is of the span's own slot.
  read(label, raw, after, domain) {
    const rule = this.rules.get(label);
    if (!rule) return [{ slot: label, value: { value: normalise(raw), unit: null } }];
    if (rule.kind === "text") { // a place may be any; "shcool" is one that rows have said
      const listed = rule.meanings.forgiving(formsOf(raw));
      return [{ slot: rule.slot, value: { value: listed ?? normalise(raw), unit: null } }];
    }
    const found = this.value(rule, raw, after, domain);
    const isParted = rule.rest !== null && typeof found?.value === "number" && !Number.isInteger(found.value);
    if (!isParted) return [{ slot: rule.slot, value: found }];
    const count = Math.trunc(found.value);
    const left = Number(((found.value - count) * reader.SIXTIETHS).toFixed(6));
    const parts = [
      { slot: rule.slot, value: { ...found, value: count } },
      { slot: rule.rest, value: { ...found, value: left } },
    ];
    return count ? parts : parts.slice(1);
  }

  // Says whether the value of a label's span may be another one without a word.
  tells(label, word) {
    const rule = this.rules.get(label);
    return Boolean(rule) && !["list", "text"].includes(rule.kind) && tells(rule.kind, word, this.languages);
  }

  value(rule, raw, after, domain) {
    const words = formsOf(raw);
    const sources = [rule.byDomain.get(domain ?? ""), rule.meanings].filter(Boolean);
    // As they were said in rows, misspelt or not; then by kind; then with plural, article and slips forgiven.
    for (const meanings of sources) {
      const found = meanings.exact(words) ?? meanings.respelt(words);
      if (found !== null) return { value: found, unit: null };
    }
    const read = readKind(rule.kind, raw, this.languages, after);
    if (read) return typeof read.value === "number" ? { ...read, value: read.value * rule.times } : read;
    for (const meanings of sources) {
      const found = meanings.forgiving(words);
      if (found !== null) return { value: found, unit: null };
    }
    return null;
  }

  // Returns the spans of one command, hours, minutes and seconds told apart by the units that are said.
  agreeing(spans, points) {
    return agreeWithUnits(spans, points, this.labels, this.languages);
  }

  // Says whether spans of an intent may have a label.
  fits(intent, label) {
    return this.fitting.get(intent)?.has(label) ?? true;
  }

  // Says whether an intent can be about things, of each its label and domain, as far as rows have told.
  suits(intent, things) {
    const known = this.things.get(intent);
    return !known || things.every(([label, domain]) => known.get(label)?.has(domain));
  }

  // Says whether some row of an intent had just these labels; `unknown` where nothing is known of it.
  hasShape(intent, labels, unknown) {
    return this.shapes.get(intent)?.has(keyOf(labels)) ?? unknown;
  }

  // Says whether labels and unspoken slots make a command of an intent: "turn off" is not one.
  isEnough(intent, had) {
    return this.least.get(intent)?.some((least) => least.every((label) => had.includes(label))) ?? true;
  }

  // Says whether spans of a label are one of a list of values, "blinds" or "red".
  isListed(label) {
    return this.rules.get(label)?.kind === "list";
  }

  // Says whether spans of a label are numbers or times, of which a command has one.
  counts(label) {
    return this.rules.has(label) && !["list", "text"].includes(this.rules.get(label).kind);
  }

  // Says whether spans of a label are a number, with a unit or without.
  isNumber(label) {
    return ["number", "percent", "temperature"].includes(this.rules.get(label)?.kind);
  }

  // Returns the slots that a command has without saying them.
  unspoken(intent, domain, labels) {
    return this.silent.get(situation(intent, domain, labels)) ?? {};
  }
}
