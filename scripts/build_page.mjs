// static/dist from static/src: bundled, split, named by content, compressed; manifest.json says what is where.
// `--watch`: again whenever a file changes, with source maps.
import { context } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = "static/dist";
const LICENCES = "licences.txt";
/** What browsers have, in place of packages that bring it. */
const OURS = { entities: "entities", "punycode.js": "punycode", "uc.micro": "unicode" };
const WATCH = process.argv.includes("--watch");
const KEPT = (WATCH ? 1 : 24) * 3_600_000; // ms that a page which is still open finds the chunks of an earlier build
const ENTRIES = {
  "chat.js": "static/src/chat/main.js",
  "login.js": "static/src/login/main.js",
  "chat.css": "static/src/css/chat.css",
  "signin.css": "static/src/css/signin.css",
  "plain.css": "static/src/css/plain.css",
};

/** What each build made, and then, once all have: files beside it, and the manifest last. */
const metafiles = new Map();
function finish(name, metafile) {
  metafiles.set(name, metafile);
  if (metafiles.size < BUILDS.length) return;
  const all = [...metafiles.values()];
  const outputs = Object.assign({}, ...all.map((one) => one.outputs));
  const inputs = Object.assign({}, ...all.map((one) => one.inputs));
  const fresh = new Set(["manifest.json", "meta.json", LICENCES]);
  const manifest = {};
  const names = new Map(Object.entries(ENTRIES).map(([name, source]) => [source, name]));
  for (const [path, output] of Object.entries(outputs)) {
    const file = basename(path);
    for (const one of [file, `${file}.br`, `${file}.gz`]) fresh.add(one);
    const name = names.get(output.entryPoint);
    if (name) manifest[name] = basename(body(outputs, path));
    if (/\.(js|css|svg)$/.test(file)) compress(path);
  }
  for (const file of readdirSync(OUT)) {
    const path = join(OUT, file);
    if (!file.startsWith(".") && !fresh.has(file) && Date.now() - statSync(path).mtimeMs > KEPT) rmSync(path);
  }
  writeFileSync(join(OUT, LICENCES), licences(Object.keys(inputs)));
  writeFileSync(join(OUT, "meta.json"), JSON.stringify({ inputs, outputs }).replaceAll(`${resolve(".")}/`, "")); // it is served
  writeFileSync(join(OUT, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Where an entry's code is: an entry that only imports one chunk is left out of the way. */
function body(outputs, path) {
  const { inputs, imports } = outputs[path];
  const [next, ...more] = imports.filter((one) => one.kind === "import-statement");
  const empty = Object.values(inputs).every((one) => one.bytesInOutput === 0);
  return empty && next && !more.length ? body(outputs, next.path) : path;
}

/**
 * The first load in one file. esbuild makes a chunk of each set of entries that share a module, and a lazy
 * module is an entry; so each gets a front that imports the page too, and all that the page has is shared
 * by one and the same set.
 */
const oneFirstLoad = {
  name: "one first load",
  setup(build) {
    const page = resolve(ENTRIES["chat.js"]);
    build.onResolve({ filter: /./, namespace: "file" }, async (asked) => {
      if (asked.kind !== "dynamic-import") return null;
      const found = await build.resolve(asked.path, { kind: "import-statement", importer: asked.importer, resolveDir: asked.resolveDir });
      return found.errors.length ? found : { path: relative(".", found.path), namespace: "lazy" };
    });
    build.onLoad({ filter: /./, namespace: "lazy" }, ({ path }) => {
      const [ours, theirs] = [page, resolve(path)].map((one) => JSON.stringify(one));
      const whole = path.startsWith("node_modules") ? `export { default } from ${theirs};` : "";
      return { contents: `import ${ours}; export * from ${theirs}; ${whole}`, resolveDir: dirname(resolve(path)) };
    });
  },
};

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

// The login page's script stands alone: it shares nothing with the chat's first load.
const BUILDS = [
  ["chat", ["chat.js", "chat.css", "signin.css", "plain.css"], [oneFirstLoad]],
  ["login", ["login.js"]],
];
mkdirSync(OUT, { recursive: true });
rmSync(join(OUT, ".built"), { force: true }); // scripts/setup.py's: what follows may not be what it would build

/** @param {string} name of the build @param {string[]} entries @param {object[]} plugins */
const prepared = (name, entries, plugins = []) => context({
  entryPoints: entries.map((entry) => ({ in: ENTRIES[entry], out: entry.replace(/\.\w+$/, "") })),
  bundle: true,
  splitting: true,
  alias: Object.fromEntries(Object.entries(OURS).map(([name, file]) => [name, `./static/src/markdown/${file}.js`])),
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
  plugins: [...plugins, { name: "finish", setup: (build) => build.onEnd((made) => { if (!made.errors.length) finish(name, made.metafile); }) }],
});
const contexts = await Promise.all(BUILDS.map((build) => prepared(...build)));
if (WATCH) await Promise.all(contexts.map((one) => one.watch()));
else {
  const made = await Promise.allSettled(contexts.map((one) => one.rebuild()));
  await Promise.all(contexts.map((one) => one.dispose()));
  if (made.some((one) => one.status === "rejected")) process.exit(1);
}
