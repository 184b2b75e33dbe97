// Bundles the browser's side of Dure: `node build.mjs FOLDER`.
//
// Every file leaves with a hash of its content in its name, so that browsers may keep it for ever. manifest.json
// says which file stands for which source: {"app.js": "app-4KX2M7QD.js"}. Beside each file lies its gzip twin,
// made once here instead of at each request.

import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const target = process.argv[2];
if (!target) throw new Error("Say where the bundle goes: node build.mjs FOLDER");

const entries = ["src/app.js", "src/app.css"];

const { metafile } = await build({
  entryPoints: entries,
  outdir: target,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["es2022", "chrome120", "firefox120", "safari17"],
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has already said what is wrong, and where

// Modules fetched only when they are needed (dynamic imports) know each other's hashed names: only entries are listed.
const manifest = {};
for (const [path, output] of Object.entries(metafile.outputs)) {
  if (entries.includes(output.entryPoint)) manifest[basename(output.entryPoint)] = basename(path);
}
await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

for (const name of (await readdir(target)).sort()) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const path = join(target, name);
  const packed = gzipSync(await readFile(path), { level: 9 });
  await writeFile(`${path}.gz`, packed);
  console.log(`${relative(process.cwd(), path)}  ${packed.length} bytes gzipped`);
}
