// node parse.mjs FOLDER [--names names.json] "turn off the lamp" ...: one canonical result a line, without Python.
// Without sentences, each line of the standard input is one.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";
import { Bundle } from "../javascript/bundle.mjs";
import { readNames } from "../javascript/names.mjs";
import { resultLine } from "../javascript/result.mjs";

const { values, positionals } = parseArgs({ options: { names: { type: "string" } }, allowPositionals: true });
const [folder, ...sentences] = positionals;
if (!folder) throw new Error('usage: node parse.mjs FOLDER [--names names.json] ["SENTENCE" ...]');
const bundle = await Bundle.open(ort, (name) => readFile(join(folder, name)), { intraOpNumThreads: 1 });
if (values.names) bundle.know(readNames(await readFile(values.names, "utf8")));
const lines = sentences.length ? sentences : createInterface({ input: process.stdin, crlfDelay: Infinity });
for await (const line of lines) console.log(resultLine(await bundle.parse(line)));
