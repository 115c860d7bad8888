import assert from "node:assert/strict";
import { test } from "node:test";

import { headRefusal, pixelRefusal, refusal } from "../../../static/src/chat/composer/checks.js";
import { imagesRefused, meansFiles } from "../../../static/src/chat/composer/files.js";

const LIMITS = { image_bytes: 20_000_000, image_pixels: 25_000_000 };
const file = (name, type, size = 1000) => ({ name, type, size });

/** @type {[object, string | null][]} */
const FILES = [
  [file("a.png", "image/png"), null],
  [file("a.jpg", "image/jpeg"), null],
  [file("a.webp", "image/webp"), null],
  [file("a.gif", "image/gif"), null],
  [file("A.JPEG", ""), null],
  [file("a", "image/png"), null],
  [file("IMG_1.HEIC", ""), "composer.image.heic"],
  [file("IMG_1.heif", "image/heif"), "composer.image.heic"],
  [file("a.svg", "image/svg+xml"), "composer.image.kind"],
  [file("a.bmp", "image/bmp"), "composer.image.kind"],
  [file("a.pdf", "application/pdf"), "composer.image.kind"],
  [file("a.png.exe", ""), "composer.image.kind"],
  [file("a.png", "image/png", 0), "composer.image.empty"],
  [file("a.png", "image/png", 20_000_000), null],
  [file("a.png", "image/png", 20_000_001), "composer.image.large"],
];

for (const [given, key] of FILES) {
  test(`ui-19: ${given.name} (${given.type}, ${given.size} bytes) -> ${key ?? "taken"}`, () => {
    assert.equal(refusal(given, LIMITS)?.key ?? null, key);
  });
}

test("ui-19: a file that is too large names its size and the limit", () => {
  assert.deepEqual(refusal(file("a.png", "image/png", 23_400_000), LIMITS)?.args, { size: "23.4 MB", limit: "20 MB" });
});

const bytes = (/** @type {string} */ text) => Uint8Array.from(text, (one) => one.charCodeAt(0));
/** @type {[string, string, string | null][]} */
const HEADS = [
  ["PNG", "\x89PNG\r\n\x1a\n\0\0\0\r", null],
  ["JPEG", "\xff\xd8\xff\xe0\0\x10JFIF\0\x01", null],
  ["GIF", "GIF89a\x01\0\x01\0\0\0", null],
  ["WebP", "RIFF\x24\0\0\0WEBP", null],
  ["HEIC with a JPEG's name", "\0\0\0\x24ftypheic", "composer.image.heic"],
  ["AVIF", "\0\0\0\x24ftypavif", "composer.image.kind"],
  ["a film", "\0\0\0\x24ftypisom", "composer.image.kind"],
  ["sound", "RIFF\x24\0\0\0WAVE", "composer.image.kind"],
  ["a page", "<!doctype ht", "composer.image.kind"],
  ["too short", "\x89P", "composer.image.kind"],
];

for (const [what, head, key] of HEADS) {
  test(`ui-19: first bytes of ${what} -> ${key ?? "taken"}`, () => assert.equal(headRefusal(bytes(head))?.key ?? null, key));
}

test("ui-19: more pixels than the limit", () => {
  assert.equal(pixelRefusal(5000, 5000, LIMITS), null);
  assert.deepEqual(pixelRefusal(5001, 5000, LIMITS), { key: "composer.image.pixels", args: { limit: 25 } });
});

/** @type {[string, string, string[], string, boolean][]} */
const PASTES = [
  ["ui-16", "a screenshot", ["Files"], "", true],
  ["ui-16", "an image of a page", ["text/html", "Files"], "", true],
  ["ui-16", "a file with its name", ["text/plain", "Files"], "photo.png", true],
  ["ui-20", "cells of a sheet", ["text/plain", "text/html", "text/rtf", "Files"], "1\t2", false],
  ["ui-20", "words of a document", ["text/plain", "text/html", "Files"], "words", false],
  ["ui-20", "a picture out of a document", ["text/plain", "text/html", "Files"], " \n", true],
  ["ui-20", "plain text", ["text/plain"], "words", false],
];

for (const [number, what, types, plain, means] of PASTES) {
  test(`${number}: pasting ${what} means ${means ? "the image" : "the text"}`, () => assert.equal(meansFiles(types, plain), means));
}

test("ui-24: images need the scope and a model that takes them", () => {
  const store = (may, vision) => ({ can: () => may, vision });
  assert.equal(imagesRefused(store(true, true)), null);
  assert.equal(imagesRefused(store(false, true)), "composer.image.scope");
  assert.equal(imagesRefused(store(true, false)), "composer.image.vision");
});
