import assert from "node:assert/strict";
import { test } from "node:test";

import { meaning, placeholderKey } from "../../../static/src/chat/composer/keys.js";

const BOX = { sendBy: "enter", touch: false, running: false, empty: false };
const byCtrl = { ...BOX, sendBy: "ctrl_enter" };

/** @type {[string, string, object, object, string | null][]} number, what, key, box, meaning */
const TABLE = [
  ["ui-1", "Enter of a composition", { key: "Enter", isComposing: true }, BOX, null],
  ["ui-2", "Enter as Safari tells it", { key: "Enter", keyCode: 229 }, BOX, null],
  ["ui-1", "Ctrl+Enter of a composition", { key: "Enter", isComposing: true, ctrlKey: true }, byCtrl, null],
  ["ui-1", "Esc of a composition stops nothing", { key: "Escape", isComposing: true }, { ...BOX, running: true }, null],
  ["ui-1", "ArrowUp among candidates", { key: "ArrowUp", keyCode: 229 }, { ...BOX, empty: true }, null],
  ["ui-4", "Enter", { key: "Enter" }, BOX, "send"],
  ["ui-4", "Shift+Enter", { key: "Enter", shiftKey: true }, BOX, null],
  ["ui-4", "Alt+Enter", { key: "Enter", altKey: true }, BOX, null],
  ["ui-4", "Ctrl+Enter", { key: "Enter", ctrlKey: true }, BOX, "send"],
  ["ui-4", "Enter where Ctrl+Enter sends", { key: "Enter" }, byCtrl, null],
  ["ui-4", "Ctrl+Enter where it sends", { key: "Enter", ctrlKey: true }, byCtrl, "send"],
  ["ui-4", "Command+Enter where it sends", { key: "Enter", metaKey: true }, byCtrl, "send"],
  ["ui-4", "Ctrl+Shift+Enter", { key: "Enter", ctrlKey: true, shiftKey: true }, byCtrl, null],
  ["ui-5", "Enter of a touch keyboard", { key: "Enter" }, { ...BOX, touch: true }, null],
  ["ui-5", "Ctrl+Enter of a tablet's keyboard", { key: "Enter", ctrlKey: true }, { ...BOX, touch: true }, "send"],
  ["ui-27", "Esc while an answer runs", { key: "Escape" }, { ...BOX, running: true }, "stop"],
  ["ui-27", "Esc while none runs", { key: "Escape" }, BOX, null],
  ["ui-27", "Shift+Esc is the page's", { key: "Escape", shiftKey: true }, { ...BOX, running: true }, null],
  ["ui-11", "ArrowUp in an empty box", { key: "ArrowUp" }, { ...BOX, empty: true }, "edit-last"],
  ["ui-11", "ArrowUp in a text", { key: "ArrowUp" }, BOX, null],
  ["ui-11", "Shift+ArrowUp", { key: "ArrowUp", shiftKey: true }, { ...BOX, empty: true }, null],
  ["ui-8", "Enter while an answer runs is not a new line", { key: "Enter" }, { ...BOX, running: true }, "send"],
];

for (const [number, what, key, box, means] of TABLE) {
  test(`${number}: ${what} -> ${means ?? "the browser's"}`, () => assert.equal(meaning(key, box), means));
}

test("ui-15: the placeholder names the keys that send", () => {
  assert.equal(placeholderKey(BOX, false), "composer.placeholder.enter");
  assert.equal(placeholderKey(byCtrl, false), "composer.placeholder.ctrl_enter");
  assert.equal(placeholderKey(byCtrl, true), "composer.placeholder.ctrl_enter.mac");
  assert.equal(placeholderKey({ ...byCtrl, touch: true }, false), "composer.placeholder.touch");
});
