import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, offersEnd } from "../../../static/src/chat/log/position.js";

const at = (top, max) => ({ top, max });

test("ui-28 one pixel up is the reader's, and detaches", () => {
  assert.equal(classify(at(999, 1000), at(1000, 1000), 1000), "detach");
  assert.equal(classify(at(400, 1000), at(1000, 1000), 1000), "detach");
});

test("ui-28 what the page wrote itself detaches nothing, wherever it is", () => {
  assert.equal(classify(at(300, 1000), at(800, 1000), 300), "nothing");
  assert.equal(classify(at(1000, 1000), at(1000, 1000), 1000), "nothing");
});

test("ui-28 content that became shorter is nobody's scroll", () => {
  assert.equal(classify(at(900, 900), at(1000, 1000), 1000), "nothing");
  assert.equal(classify(at(700, 900), at(1000, 1000), 1000), "detach", "but up from the new end is");
});

test("ui-28 down to the end attaches again, down to elsewhere does not", () => {
  assert.equal(classify(at(1000, 1000), at(400, 1000), 1000), "attach");
  assert.equal(classify(at(995, 1000), at(400, 1000), 200), "attach");
  assert.equal(classify(at(900, 1000), at(400, 1000), 200), "nothing");
});

test("ui-28 text that grows below a reader who stands still changes nothing", () => {
  assert.equal(classify(at(400, 5000), at(400, 1000), 200), "nothing");
});

test("ui-29 the button comes above 200 px, goes below 60, and stays as it was between", () => {
  assert.deepEqual([0, 199, 200, 201].map((below) => offersEnd(false, below, false)), [false, false, false, true]);
  assert.deepEqual([201, 60, 59, 0].map((below) => offersEnd(true, below, false)), [true, true, false, false]);
  assert.equal(offersEnd(true, 900, true), false, "never while the end is followed");
});
