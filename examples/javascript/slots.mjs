// From decoded spans to the slots of an answer, as trunkline_edge.understanding.slots has it.
// A span is {start, end, label, p}; a slot also has name, raw, value, unit, isName, id, and candidates.

import { slots as weights } from "./tables.mjs";
import { normalise, splitWords } from "./text.mjs";

const textOf = (points, start, end) => points.slice(start, end).join("");

// Returns the slots of one command; without a reader each has its words in normal form as value. A remainder ("one and
// a half hours") fills its slot only where no other span does, and so does a span that cannot be read.
export function fillSlots(spans, points, domain, values) {
  const slotOf = (span, name, value) => {
    const raw = textOf(points, span.start, span.end);
    const p = value ? span.p : weights.UNREAD * span.p;
    const plain = { value: value?.value ?? null, unit: value?.unit ?? null };
    return { ...span, name, raw, ...plain, p, isName: false, id: null, candidates: [] };
  };
  if (values === null) {
    const plain = (span) => ({ value: normalise(textOf(points, span.start, span.end)) });
    return spans.map((span) => slotOf(span, span.label, plain(span)));
  }
  const readings = values.agreeing(spans, points).map((span) => readSpan(span, points, domain, values));
  const taken = new Set(readings.map(({ found: [first] }) => (first.value ? first.slot : null)));
  return readings
    .filter(({ found: [first] }) => first.value || !taken.has(first.slot))
    .flatMap(({ span, found }) =>
      found
        .filter(({ slot }, at) => at === 0 || !taken.has(slot))
        .map(({ slot, value }) => slotOf(span, slot, value)),
    );
}

// Reads a span; where it cannot be, the longest part of it that can: "sixty thanks" is sixty. A word that tells of the
// value is no such rest: of "two fifths", "two" would be another number.
function readSpan(span, points, domain, values) {
  const read = ({ start, end, label }) =>
    values.read(label, textOf(points, start, end), textOf(points, end, points.length), domain);
  const whole = { span, found: read(span) };
  if (whole.found[0].value) return whole;
  const words = splitWords(points.slice(span.start, span.end));
  for (let cut = 1; cut <= weights.MOST_CUT; cut++) {
    for (let first = 0; first <= cut; first++) {
      const kept = words.slice(first, Math.max(first, words.length - (cut - first)));
      const rest = [...words.slice(0, first), ...words.slice(words.length - (cut - first))];
      if (kept.length === 0 || rest.some(({ form }) => values.tells(span.label, form))) continue;
      const part = { ...span, start: span.start + kept[0].start, end: span.start + kept.at(-1).end };
      const found = read(part);
      if (found[0].value) return { span: part, found };
    }
  }
  return whole;
}

// Returns the spans, those that are parts of a known name made one: "kitchen" in "kitchen light" is that lamp. `lists`
// says which list a label's names are in, `intent` which shapes a command may have.
export function preferNames(spans, points, words, lists, lexicon, values, intent) {
  const labels = new Map();
  for (const [label, list] of Object.entries(lists)) labels.set(list, [...(labels.get(list) ?? []), label]);
  const said = [];
  for (const { first, last, list, entry, slips } of lexicon.isEmpty ? [] : lexicon.matches(words.map((w) => w.form))) {
    if (!labels.has(list) || slips) continue;
    const [start, end] = [words[first].start, words[last].end];
    const spoken = normalise(textOf(points, start, end));
    if (entry.names.some((name) => normalise(name) === spoken)) said.push({ start, end, list });
  }
  const listOf = (span) => (Object.hasOwn(lists, span.label) ? lists[span.label] : null);
  const isPlace = (one, other) => one.start === other.start && one.end === other.end;
  const isTouched = (one, other) => one.start < other.end && other.start < one.end;
  let chosen = spans.flatMap((span) => namedApart(span, points, said.filter(({ list }) => list === listOf(span))));

  // Where labels share a list, as albums and tracks that of titles, the net says which is meant.
  const labelOf = (name, touched) => {
    const own = touched.filter((span) => listOf(span) === name.list);
    const known = labels.get(name.list);
    if (own.length > 0) return own.reduce((best, span) => (span.p > best.p ? span : best)).label;
    return known.length === 1 ? known[0] : null;
  };

  // Says whether a span is less than a name that holds it: a part of it, or the same words as another thing.
  const givesWay = (span, name, label) => {
    if (span.start < name.start || name.end < span.end) return false;
    const isSame = isPlace(span, name);
    if (listOf(span) !== null) {
      return !isSame || !said.some((other) => isPlace(span, other) && listOf(span) === other.list);
    }
    if (values?.isListed(span.label)) return true;
    const others = chosen.filter((each) => each !== span).map(({ label }) => label);
    return isSame && intent !== null && Boolean(values?.hasShape(intent, [label, ...others], false));
  };

  const missed = [];
  for (const name of said) {
    const touched = chosen.filter((span) => isTouched(span, name));
    const label = labelOf(name, touched);
    if (label === null) continue;
    const { start, end } = name;
    if (touched.length === 0) missed.push({ start, end, label, p: weights.MISSED });
    else if (touched.every((span) => givesWay(span, name, label))) {
      const p = Math.min(...touched.map((span) => span.p));
      chosen = [...chosen.filter((span) => !touched.includes(span)), { start, end, label, p }];
    }
  }
  missed.sort((one, other) => one.start - one.end - (other.start - other.end));
  for (const span of missed) {
    if (!chosen.some((other) => span.label === other.label || isTouched(span, other))) chosen.push(span);
  }
  return chosen.sort((one, other) => one.start - other.start);
}

// Returns the names of its list of which a span is made: "kitchen bedroom" is two rooms, unless one is called so.
function namedApart(span, points, names) {
  const parts = [];
  for (let at = span.start; at < span.end; ) {
    const begun = names.filter(({ start, end }) => start === at && end <= span.end);
    if (begun.length === 0) return [span];
    const end = Math.max(...begun.map((name) => name.end));
    parts.push({ ...span, start: at, end });
    for (at = end; at < span.end && [" ", ","].includes(points[at]); at++);
  }
  return parts.length > 1 ? parts : [span];
}

// Returns the slots with the ids of the things that they name. What stands in a room is looked for in the room that the
// same command names. A slot that is one thing has as its value the first name of that thing that nothing else of its
// list has.
export function identify(slots, lists, lexicon) {
  const resolved = (ids) =>
    slots.map((slot, at) => {
      const others = ids.filter((id, other) => other !== at && id !== null);
      return Object.hasOwn(lists, slot.label) ? lexicon.resolve(lists[slot.label], slot.raw, others) : null;
    });
  const alone = resolved([]).map((found) => found?.entry?.id ?? null);
  return resolved(alone).map((found, at) => {
    if (found === null) return slots[at];
    if (found.entry === null) return { ...slots[at], isName: true, candidates: found.candidates };
    return { ...slots[at], isName: true, id: found.entry.id, value: found.entry.names[0] };
  });
}

// Returns the first slot that is filled by two different things, numbers or times; null where there is none.
export function saidTwice(slots, lists, values) {
  const found = new Map();
  for (const slot of slots) {
    if (!Object.hasOwn(lists, slot.label) && !values?.counts(slot.label)) continue;
    const meant = slot.id ?? slot.value;
    if (found.has(slot.name) && found.get(slot.name) !== meant) return slot.name;
    found.set(slot.name, meant);
  }
  return null;
}
