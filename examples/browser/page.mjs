// Answers in the page itself: nothing that is typed leaves it. The bundle's files lie in ./bundle/.

import * as ort from "onnxruntime-web";
import { Bundle } from "../javascript/bundle.mjs";
import { readNames } from "../javascript/names.mjs";
import { resultLine } from "../javascript/result.mjs";

ort.env.wasm.numThreads = 1; // more need a server that sends the headers of cross-origin isolation

async function read(name) {
  const response = await fetch(`bundle/${encodeURIComponent(name)}`);
  if (!response.ok) throw new Error(`bundle/${name}: HTTP ${response.status}; trunkline export folder examples/browser/bundle`);
  return new Uint8Array(await response.arrayBuffer());
}

const find = (selector) => document.querySelector(selector);
const [form, input, names, output] = ["form", "textarea", "details textarea", "pre"].map(find);

async function answer(bundle) {
  output.textContent = "";
  bundle.know(names.value.trim() ? readNames(names.value) : {});
  for (const line of input.value.split("\n").filter((each) => each.trim())) {
    output.textContent += resultLine(await bundle.parse(line)) + "\n";
  }
}

async function main() {
  if (location.hash) input.value = decodeURIComponent(location.hash.slice(1));
  const bundle = await Bundle.open(ort, read);
  const ask = () => answer(bundle).catch((error) => (output.textContent = error.message));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  await ask();
}

main().catch((error) => (output.textContent = error.message));
