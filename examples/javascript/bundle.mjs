// A bundle without Python: the manifest's graphs in their order, each once, and the canonical result.
//
//   const bundle = await Bundle.open(ort, (entry) => bytesOfThatFile);
//   const result = await bundle.parse("turn off the lamp");
//
// `ort` is onnxruntime-node or onnxruntime-web; both have the same interface.

import { decodeHead } from "./answers.mjs";
import { commands } from "./commands.mjs";
import { Featurizer, normalise } from "./words.mjs";

const MAX_CHARACTERS = 512;
const MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS;
const TOO_MANY_MARKS = /[\p{M}\u200d\u{1F3FB}-\u{1F3FF}]{31}/u;

async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Returns what a bundle's id is the digest of. The bytes are cut, as JavaScript would write a 1.0 as 1.
function withoutProvenance(text) {
  const start = text.indexOf('"provenance":{'); // in a string its quotes would be escaped
  let end = start + '"provenance":'.length;
  let depth = 0;
  for (let isString = false; end < text.length; end++) {
    if (text[end] === '"') isString = !isString;
    else if (isString && text[end] === "\\") end++;
    else if (!isString && text[end] === "{") depth++;
    else if (!isString && text[end] === "}" && --depth === 0) break;
  }
  return text.slice(0, start) + text.slice(end + 2); // and the comma: other keys come after it
}

export class Bundle {
  constructor(id, manifest, featurizer, graphs, ort) {
    Object.assign(this, { id, manifest, featurizer, graphs, ort });
  }

  // Opens a bundle. `read` returns the bytes (Uint8Array) of a file by its name; the first one is `manifest.json`.
  // Nothing is loaded unless its digest is the one in the manifest; who may sign manifests is another question.
  static async open(ort, read, options = {}) {
    const raw = await read("manifest.json");
    const text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    const manifest = JSON.parse(text);
    const { kind, text_version: version } = manifest.featurizer;
    if (manifest.schema > 2 || kind !== "words" || version !== 1) {
      throw new Error(`schema ${manifest.schema}, featurizer ${kind} ${version}: this reader knows 2, words 1`);
    }
    const { mends, skips } = manifest.featurizer;
    if (mends || skips?.length || Object.keys(manifest.names ?? {}).length) {
      throw new Error(`${manifest.product} knows a device's names, or mends words: this reader does neither`);
    }
    const verified = async (entry) => {
      const bytes = await read(entry.name);
      const found = await sha256(bytes);
      if (found !== entry.sha256) throw new Error(`${entry.name}: sha256 ${found}, expected ${entry.sha256}`);
      return bytes;
    };
    const words = await verified(manifest.files.find((entry) => entry.role === "vocabulary"));
    const vocabulary = new TextDecoder().decode(words).split("\n").filter(Boolean);
    const graphs = [];
    for (const graph of manifest.graphs) {
      const bytes = await verified(manifest.files.find((entry) => entry.name === graph.file));
      graphs.push({ ...graph, session: await ort.InferenceSession.create(bytes, options) });
    }
    const id = await sha256(new TextEncoder().encode(manifest.schema === 1 ? text : withoutProvenance(text)));
    return new Bundle(id, manifest, new Featurizer(manifest.featurizer, vocabulary), graphs, ort);
  }

  // Returns all tensors by name: `ids` and `mask` go in, each graph adds its outputs.
  async tensors({ words, ids }) {
    const mask = new Uint8Array(words.length).fill(1);
    const tensors = {
      ids: new this.ort.Tensor("int64", ids, [1, words.length, this.manifest.featurizer.max_features]),
      mask: new this.ort.Tensor("bool", mask, [1, words.length]),
    };
    for (const { session, inputs, outputs } of this.graphs) {
      const feeds = Object.fromEntries(inputs.map((name) => [name, tensors[name]]));
      const found = await session.run(feeds, outputs);
      for (const name of outputs) tensors[name] = found[name];
    }
    return tensors;
  }

  // Answers one utterance, also one of several commands, with the canonical result.
  async parse(text) {
    const points = Array.from(text);
    const isLong = points.length > MAX_RAW_CHARACTERS || Array.from(normalise(text)).length > MAX_CHARACTERS;
    if (isLong || TOO_MANY_MARKS.test(text)) throw new RangeError(`at most ${MAX_CHARACTERS} characters are read`);
    if (points.some((point) => point >= "\ud800" && point <= "\udfff" && point.length === 1)) {
      throw new RangeError("text is not Unicode: it holds half a character");
    }
    const whole = await this.answer(points);
    if (!this.manifest.splits_commands) return whole;
    const found = await commands(points, whole, this.manifest.lang, (part) => this.answer(part));
    return found.length > 1 ? merged(whole, found) : whole;
  }

  // Answers an utterance as one command.
  async answer(points) {
    const encoding = this.featurizer.read(points);
    const result = {
      text: points.join(""), lang: this.manifest.lang, bundle_id: this.id,
      intents: [], domain: null, heads: {}, rejected: false, reason: null,
    };
    if (encoding.words.length === 0) return { ...result, rejected: true, reason: "empty: no word found" };
    const tensors = await this.tensors(encoding);
    const slot = ({ label, start, end, p }) => {
      const raw = points.slice(start, end).join("");
      return { name: label, type: label, raw, value: normalise(raw), start, end, p };
    };
    const ranking = {};
    for (const head of this.manifest.heads) {
      const said = decodeHead(head, tensors[head.logits], encoding.words);
      if (head.kind === "class") ranking[head.name] = said;
      result.heads[head.name] = head.kind === "class" ? said[0] : head.kind === "tag" ? said.map(slot) : said;
    }
    const kinds = Object.fromEntries(this.manifest.heads.map((head) => [head.name, head]));
    const take = (name, kind) => {
      if (kinds[name]?.kind !== kind) return null;
      const said = result.heads[name];
      delete result.heads[name];
      return said;
    };
    const intent = take("intent", "class");
    result.domain = take("domain", "class");
    const reasons = [];
    if (intent) {
      result.intents = [{ name: intent.label, p: intent.p, slots: take("slots", "tag") ?? [] }];
      if (intent.label === "oos") reasons.push("out of scope");
      else {
        const weighs = this.manifest.weighs_claims;
        if ((weighs ? sureness(ranking.intent, ranking.domain) : intent.p) < kinds.intent.threshold) {
          const judged = weighs ? "answer less sure than" : "intent below";
          reasons.push(`${judged} its threshold of ${kinds.intent.threshold.toFixed(2)}`);
        }
      }
      result.rejected = reasons.length > 0;
    }
    if (encoding.isCut) reasons.push(`cut: only the first ${encoding.words.length} words were read`);
    return { ...result, reason: reasons.join("; ") || null };
  }
}

// Weighs what an answer claims, as trunkline_edge.understanding.sureness has it; both are rankings, best first.
function sureness(intents, domains) {
  const outside = intents.find(({ label }) => label === "oos");
  const claims = [intents[0].p, ...(outside ? [1 - outside.p] : []), ...(domains ? [domains[0].p] : [])];
  const odds = claims.map((p) => Math.log((p + 1e-6) / (1 - p + 1e-6)));
  return 1 / (1 + Math.exp(-odds.reduce((a, b) => a + b, 0) / odds.length));
}

// Returns one result of several commands; what is neither intent nor domain is still said of the whole.
function merged(whole, found) {
  const intents = found.flatMap(([start, command]) =>
    command.intents.map((intent) => ({
      ...intent,
      slots: intent.slots.map((slot) => ({ ...slot, start: slot.start + start, end: slot.end + start })),
    })),
  );
  const domains = found.map(([, command]) => command.domain).filter(Boolean);
  const isOne = new Set(domains.map((each) => each.label)).size === 1;
  const reason = found.map(([, command]) => command.reason).find(Boolean) ?? null;
  return { ...whole, intents, domain: isOne ? domains[0] : null, rejected: false, reason };
}
