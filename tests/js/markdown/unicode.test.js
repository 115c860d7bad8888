// The stand-in for the package uc.micro against the package itself.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { LinkifyIt } from "linkify-it";
import * as theirs from "uc.micro";
import * as ours from "../../../static/src/markdown/unicode.js";

const NEW = 0.01; // of the characters of a class: the browser's Unicode may be another year's

/** @param {number} end @param {(text: string) => boolean} one @param {(text: string) => boolean} other */
function differing(end, one, other) {
  let [found, different] = [0, 0];
  for (let at = 0; at < end; at += 1) {
    const text = String.fromCodePoint(at);
    if (one(text)) found += 1;
    if (one(text) !== other(text)) different += 1;
  }
  return different / found;
}

for (const name of ["P", "S", "Z", "Cc"]) {
  test(`${name} knows what the package knows`, () => {
    assert.ok(differing(0x20000, (text) => theirs[name].test(text), (text) => ours[name].test(text)) < NEW);
  });
}

for (const name of ["P", "Z", "Cc", "Any"]) {
  test(`the source of ${name} serves in an expression without the flag u`, () => {
    const [one, other] = [theirs, ours].map((all) => new RegExp(all[name].source));
    assert.ok(differing(0x10000, (text) => one.test(text), (text) => other.test(text)) < NEW);
  });
}

/** linkify-it as the build puts it together. */
async function linkifyOfOurs() {
  const source = readFileSync(join(dirname(createRequire(import.meta.url).resolve("linkify-it/package.json")), "build/index.mjs"), "utf8");
  const folder = mkdtempSync(join(tmpdir(), "linkify-"));
  try {
    const file = join(folder, "index.mjs");
    writeFileSync(file, source.replace('"uc.micro"', JSON.stringify(new URL("../../../static/src/markdown/unicode.js", import.meta.url).href)));
    return new (await import(pathToFileURL(file).href)).LinkifyIt();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("ui-42: addresses end where they end with the package", async () => {
  const [ours, theirs] = [await linkifyOfOurs(), new LinkifyIt()];
  const parts = ["https://example.com/a", "http://例子.中国/路径", "a.b@example.com", "。", "，", "）", "「x」", "—", "👍", "𠮷", "\ud83d", " ", "x", "(y)", "·", "“q”", "?k=v", "#h", "\u00a0", "\u3000", "'"];
  let seed = 7;
  const some = () => parts[(seed = (seed * 48271) % 2147483647) % parts.length];
  for (let round = 0; round < 1000; round += 1) {
    const text = Array.from({ length: 6 }, some).join("");
    assert.deepEqual(ours.match(text)?.map((one) => one.raw), theirs.match(text)?.map((one) => one.raw), JSON.stringify(text));
  }
});
