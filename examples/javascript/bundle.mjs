// A bundle without Python: the manifest's graphs in their order, each once, and the canonical result.
//
//   const bundle = await Bundle.open(ort, (name) => bytesOfThatFile);
//   bundle.know(readNames(textOfNamesFile)); // what only this device knows; or nothing
//   const result = await bundle.parse("turn off the lamp");
//
// `ort` is onnxruntime-node or onnxruntime-web; both have the same interface. With heads.mjs this is
// trunkline_edge.understanding.session.

import { Featurizer } from "./featurizer.mjs";
import { Heads } from "./heads.mjs";
import { openManifest } from "./manifest.mjs";
import { Lexicon } from "./names.mjs";
import { commandsIn, merged } from "./parting.mjs";
import { resultJson } from "./result.mjs";
import { text as limits } from "./tables.mjs";
import { isMark, normalise } from "./text.mjs";
import { ValueReader } from "./values/reader.mjs";

export class Bundle {
  constructor(fields) {
    Object.assign(this, fields);
    const { languages, lang, names } = this.manifest;
    this.languages = languages ?? [lang];
    this.lists = [...new Set(Object.values(names ?? {}))].sort();
    this.heads = new Heads(this.manifest, this.values);
    this.know({});
  }

  // Opens a bundle. `read` returns the bytes (Uint8Array) of a file by its name; the first one is `manifest.json`.
  static async open(ort, read, options = {}) {
    const { manifest, id, file } = await openManifest(read);
    const textOf = async (role) => {
      const entry = manifest.files.find((each) => each.role === role);
      return entry ? new TextDecoder("utf-8", { fatal: true }).decode(await file(entry)) : null;
    };
    const vocabulary = (await textOf("vocabulary")).split("\n").filter(Boolean);
    const said = await textOf("values");
    const values = said && new ValueReader(manifest.languages ?? [manifest.lang], JSON.parse(said));
    const graphs = [];
    for (const graph of manifest.graphs) {
      const bytes = await file(manifest.files.find((entry) => entry.name === graph.file));
      graphs.push({ ...graph, session: await ort.InferenceSession.create(bytes, options) });
    }
    const featurizer = new Featurizer(manifest.featurizer, vocabulary);
    return new Bundle({ ort, id, manifest, featurizer, values, graphs });
  }

  // Knows these names, as `readNames` gives them, from the next utterance on, and no others.
  know(names) {
    this.lexicon = new Lexicon(names, this.lists);
  }

  // Returns all tensors by name: `ids`, `mask` and `lexicon` go in, each graph adds its outputs.
  async tensors({ words, ids }, lexicon) {
    const { Tensor } = this.ort;
    const tensors = {
      ids: new Tensor("int64", ids, [1, words.length, this.manifest.featurizer.max_features]),
      mask: new Tensor("bool", new Uint8Array(words.length).fill(1), [1, words.length]),
    };
    if (this.lists.length) {
      const known = lexicon.tensor(words.map(({ form }) => form));
      tensors.lexicon = new Tensor("float32", known, [1, words.length, 2 * this.lists.length]);
    }
    for (const { session, inputs, outputs } of this.graphs) {
      const feeds = Object.fromEntries(inputs.map((name) => [name, tensors[name]]));
      const found = await session.run(feeds, outputs);
      for (const name of outputs) tensors[name] = found[name];
    }
    return tensors;
  }

  // Answers one utterance, also one of several commands, with the canonical result.
  async parse(text) {
    const points = readable(text);
    const { lexicon } = this; // once: other names may be known before the answer is there
    const answer = (part) => this.answer(part, lexicon);
    const whole = await answer(points);
    const commands = this.manifest.splits_commands ? await commandsIn(points, whole, this, answer) : [];
    return resultJson(commands.length ? merged(whole, commands) : whole);
  }

  // Answers an utterance as one command.
  async answer(points, lexicon) {
    const encoding = this.featurizer.read(points);
    const tensors = encoding.words.length ? await this.tensors(encoding, lexicon) : {};
    const heard = { points, read: this.featurizer.heard(points), encoding, lexicon, tensors };
    return { text: points.join(""), lang: this.manifest.lang, bundle_id: this.id, ...this.heads.answer(heard) };
  }
}

// Returns a text as an array of its characters; throws where it is none, or too long to be read.
function readable(text) {
  if (typeof text !== "string") throw new TypeError(`expected text, found ${typeof text}`);
  const points = Array.from(text);
  if (points.some((point) => point >= "\ud800" && point <= "\udfff" && point.length === 1)) {
    throw new RangeError("text is not Unicode: it holds half a character");
  }
  let [run, most] = [0, 0];
  for (const point of points) {
    run = isMark(point) ? run + 1 : 0;
    most = Math.max(most, run);
  }
  // Before it is normalised, which takes long where there are many.
  if (most > limits.MAX_MARKS) throw new RangeError(`${most} marks in a row; at most ${limits.MAX_MARKS} are read`);
  const isLong = points.length > limits.MAX_RAW_CHARACTERS;
  if (isLong || Array.from(normalise(text)).length > limits.MAX_CHARACTERS) {
    throw new RangeError(`text of ${points.length} characters; at most ${limits.MAX_CHARACTERS} are read`);
  }
  return points;
}
