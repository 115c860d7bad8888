// static/dist from static/src: bundled, split, named by content.
import { build } from "esbuild";
import { rmSync, writeFileSync } from "node:fs";

rmSync("static/dist", { recursive: true, force: true });
const made = await build({
  entryPoints: ["static/src/chat/main.js", "static/src/css/chat.css", "static/src/css/signin.css", "static/src/css/plain.css"].filter(Boolean),
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  metafile: true,
  outdir: "static/dist",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  legalComments: "linked",
});
writeFileSync("static/dist/meta.json", JSON.stringify(made.metafile));
