// node parse.mjs FOLDER "turn off the lamp" ...: one canonical result a line, without Python.
// Without sentences, each line of the standard input is one.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import ort from "onnxruntime-node";
import { Bundle } from "../javascript/bundle.mjs";

const [folder, ...sentences] = process.argv.slice(2);
if (!folder) throw new Error('usage: node parse.mjs FOLDER ["SENTENCE" ...]');
const bundle = await Bundle.open(ort, (name) => readFile(join(folder, name)), { intraOpNumThreads: 1 });
const lines = sentences.length ? sentences : createInterface({ input: process.stdin, crlfDelay: Infinity });
for await (const line of lines) console.log(JSON.stringify(await bundle.parse(line)));
