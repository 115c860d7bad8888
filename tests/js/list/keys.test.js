import assert from "node:assert/strict";
import { test } from "node:test";

import { SHORTCUTS, shortcutOf, written } from "../../../static/src/chat/list/keys.js";

const press = (key, more = {}) => ({
  key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 0, ...more,
});
const ctrl = (key, more = {}) => press(key, { ctrlKey: true, ...more });
const shifted = (key, more = {}) => ctrl(key, { shiftKey: true, ...more });

test("ui-103: every shortcut by its keys", () => {
  assert.equal(shortcutOf(ctrl("k"), false), "search");
  assert.equal(shortcutOf(shifted("O"), false), "new");
  assert.equal(shortcutOf(press("Escape", { shiftKey: true }), false), "box");
  assert.equal(shortcutOf(shifted(":", { code: "Semicolon" }), false), "code");
  assert.equal(shortcutOf(shifted("C"), false), "answer");
  assert.equal(shortcutOf(shifted("S"), false), "side");
  assert.equal(shortcutOf(ctrl("/"), false), "help");
});

test("ui-103: Command on a Mac, where Ctrl+K cuts a line", () => {
  assert.equal(shortcutOf(press("k", { metaKey: true }), true), "search");
  assert.equal(shortcutOf(ctrl("k"), true), null);
  assert.equal(shortcutOf(press("k", { metaKey: true }), false), null);
});

test("ui-103: none while an input method composes", () => {
  assert.equal(shortcutOf(ctrl("k", { isComposing: true }), false), null);
  assert.equal(shortcutOf(ctrl("k", { keyCode: 229 }), false), null);
});

test("ui-103: a keyboard of another script has the same keys", () => {
  assert.equal(shortcutOf(ctrl("л", { code: "KeyK" }), false), "search");
  assert.equal(shortcutOf(shifted("；", { code: "Semicolon" }), false), "code");
  assert.equal(shortcutOf(shifted("/", { code: "Digit7" }), false), "help");
});

test("ui-103: a key that writes Latin is the one it writes, wherever it stands", () => {
  assert.equal(shortcutOf(ctrl("-", { code: "Slash" }), false), null, "German: smaller");
  assert.equal(shortcutOf(ctrl("z", { code: "Slash" }), false), null, "Dvorak: undo");
  assert.equal(shortcutOf(shifted("R", { code: "KeyO" }), false), null, "Dvorak: load anew");
  assert.equal(shortcutOf(shifted("S", { code: "Semicolon" }), false), "side", "Dvorak");
  assert.equal(shortcutOf(shifted(";", { code: "Comma" }), false), "code", "German");
});

test("ui-103: other keys are none", () => {
  assert.equal(shortcutOf(press("k"), false), null);
  assert.equal(shortcutOf(press("Escape"), false), null);
  assert.equal(shortcutOf(ctrl("c"), false), null);
  assert.equal(shortcutOf(shifted("K"), false), null);
  assert.equal(shortcutOf(ctrl("k", { altKey: true }), false), null); // AltGr writes characters
  assert.equal(shortcutOf(ctrl("?", { shiftKey: true, code: "Slash" }), false), null);
});

test("ui-103: no shortcut is a single key", () => {
  for (const one of SHORTCUTS) assert.ok(one.mod || one.shift, one.name);
});

test("ui-103: keys are written as the person's keyboard has them", () => {
  assert.deepEqual(written(SHORTCUTS[1], false), ["Ctrl", "Shift", "O"]);
  assert.deepEqual(written(SHORTCUTS[1], true), ["⌘", "⇧", "O"]);
});
