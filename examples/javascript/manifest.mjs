// What a bundle holds, as trunkline_edge.bundle.manifest has it, and its files, each checked by its digest.

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

// Reads a manifest; `read` returns the bytes of a file by its name. Returns the manifest, its id, and `file`, which
// returns the bytes of a file only if their digest is the manifest's; who may sign manifests is another question.
export async function openManifest(read) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(await read("manifest.json"));
  const manifest = JSON.parse(text);
  const { kind, text_version: version } = manifest.featurizer;
  if (manifest.schema > 2 || !["words", "pieces"].includes(kind) || version !== 1 || manifest.is_skill) {
    const what = manifest.is_skill ? "a skill" : `featurizer ${kind} ${version}`;
    const known = "bundles of schema 2, featurizer words 1 or pieces 1";
    throw new Error(`schema ${manifest.schema}, ${what}: this reader knows ${known}`);
  }
  const id = await sha256(new TextEncoder().encode(manifest.schema === 1 ? text : withoutProvenance(text)));
  const file = async (entry) => {
    const bytes = await read(entry.name);
    const found = await sha256(bytes);
    if (found !== entry.sha256) throw new Error(`${entry.name}: sha256 ${found}, expected ${entry.sha256}`);
    return bytes;
  };
  return { manifest, id, file };
}
