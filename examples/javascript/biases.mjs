// What is added to a head's logits before they are read, as trunkline_edge.understanding.biases has it.

import { biases, result } from "./tables.mjs";

const RESERVED = [result.OUT_OF_SCOPE, result.SEVERAL];
const only = (labels, allowed) => labels.map((label) => (allowed.has(label) ? 0 : biases.HOPELESS));

// Returns one number a tag (outside, then begin and inside of every label), as `of` a label has it.
export const tagBias = (labels, of) => [0, ...labels.flatMap((label) => [of(label), of(label)])];

// Returns what keeps labels out of the slots of an intent that its spans never have.
export function unfitting(intent, slots, values) {
  return tagBias(slots.labels, (label) => (values.fits(intent, label) ? 0 : biases.HOPELESS));
}

// Returns, by head, what keeps out the intents and domains that do not go with the things that are named; null where
// no id tells a domain, or nothing could be done with the things. An id begins with its domain, "vacuum.rosie".
export function unsuited(intent, domain, logits, slots, values) {
  const ids = slots.filter(({ id }) => id).map(({ label, id }) => [label, id.split(".")[0]]);
  const things = ids.filter(([, of]) => domain.labels.includes(of));
  let suiting = intent.labels.filter((name) => !RESERVED.includes(name) && values.suits(name, things));
  if (things.length === 0 || suiting.length === 0) return null;
  const logitOf = (name) => logits[intent.name][0][intent.labels.indexOf(name)];
  const best = suiting.reduce((first, name) => (logitOf(name) > logitOf(first) ? name : first));
  const labels = slots.map(({ label }) => label);
  if (values.hasShape(best, labels, true)) suiting = suiting.filter((name) => values.hasShape(name, labels, true));
  return {
    [intent.name]: only(intent.labels, new Set([...suiting, ...RESERVED])),
    [domain.name]: only(domain.labels, new Set(things.map(([, of]) => of))),
  };
}
