// The stand-in for the package uc.micro against the package itself.

import assert from "node:assert/strict";
import { test } from "node:test";
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
