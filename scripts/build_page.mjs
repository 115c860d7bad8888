// static/dist from static/src: bundled, split, named by content, compressed; manifest.json says what is where.
// `--watch`: again whenever a file changes, with source maps.
import { context } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = "static/dist";
const LICENCES = "licences.txt";
const WATCH = process.argv.includes("--watch");
const KEPT = 7 * 86_400_000; // ms that a page which is still open finds the chunks of an earlier build
const ENTRIES = {
  "chat.js": "static/src/chat/main.js",
  "login.js": "static/src/login/main.js",
  "chat.css": "static/src/css/chat.css",
  "signin.css": "static/src/css/signin.css",
  "plain.css": "static/src/css/plain.css",
};

/** What esbuild made -> files beside it, and the manifest last: it names what is there. */
function finish(made) {
  const fresh = new Set(["manifest.json", "meta.json", LICENCES]);
  const manifest = {};
  const names = new Map(Object.entries(ENTRIES).map(([name, source]) => [source, name]));
  for (const [path, output] of Object.entries(made.metafile.outputs)) {
    const file = basename(path);
    for (const one of [file, `${file}.br`, `${file}.gz`]) fresh.add(one);
    const name = names.get(output.entryPoint);
    if (name) manifest[name] = file;
    if (/\.(js|css|svg)$/.test(file)) compress(path);
  }
  for (const file of readdirSync(OUT)) {
    const path = join(OUT, file);
    if (!file.startsWith(".") && !fresh.has(file) && Date.now() - statSync(path).mtimeMs > KEPT) rmSync(path);
  }
  writeFileSync(join(OUT, LICENCES), licences(Object.keys(made.metafile.inputs)));
  writeFileSync(join(OUT, "meta.json"), JSON.stringify(made.metafile));
  writeFileSync(join(OUT, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The licences of others' work in the bundle, which all ask to go with it. @param {string[]} inputs */
function licences(inputs) {
  const packages = new Set(inputs.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const texts = [...packages].sort().map((name) => {
    const folder = join("node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying)/i.test(file)).sort();
    const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `Clawdbot's page contains these works of others.\n\n${texts.join(`\n${"-".repeat(72)}\n\n`)}`;
}

/** @param {string} path */
function compress(path) {
  const content = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: WATCH ? 5 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

mkdirSync(OUT, { recursive: true });
rmSync(join(OUT, ".built"), { force: true }); // scripts/setup.py's: what follows may not be what it would build
const entryPoints = Object.entries(ENTRIES)
  .filter(([, path]) => existsSync(path))
  .map(([name, path]) => ({ in: path, out: name.replace(/\.\w+$/, "") }));
const page = await context({
  entryPoints,
  bundle: true,
  splitting: true,
  alias: { entities: "./static/src/markdown/entities.js" }, // the browser has the same table
  format: "esm",
  target: "es2022",
  minify: !WATCH,
  sourcemap: WATCH,
  metafile: true,
  outdir: OUT,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none", // they stand whole in licences.txt
  banner: { js: `/* ${LICENCES} beside this file */` },
  logLevel: WATCH ? "info" : "warning",
  plugins: [{ name: "finish", setup: (build) => build.onEnd((made) => { if (!made.errors.length) finish(made); }) }],
});
if (WATCH) await page.watch();
else {
  const made = await page.rebuild().catch(() => null);
  await page.dispose();
  if (made === null) process.exit(1);
}
