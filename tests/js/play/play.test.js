// A little of what `make prove` plays for long (tests/prove/test_page.py).

import assert from "node:assert/strict";
import { test } from "node:test";

import { play } from "./play.js";

const [GAMES, SEEDS] = [8, 40];

for (let game = 0; game < GAMES; game += 1) {
  const first = 1 + game * SEEDS;
  test(`ui-34, ui-76, ui-81: two pages over a bad network show in the end what is stored: seeds ${first} to ${first + SEEDS - 1}`, async () => {
    for (let seed = first; seed < first + SEEDS; seed += 1) {
      const { wrong } = await play(seed);
      assert.deepEqual(wrong, [], `node tests/js/play/long.js ${seed} ${seed} ""`);
    }
  });
}
