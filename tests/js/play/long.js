// `node tests/js/play/long.js 1 5000`: these seeds, and what went wrong. `… 7 7 00000032`: all of seed 7 that speaks of it.

import { play } from "./play.js";

const [from = 1, to = from] = process.argv.slice(2, 4).map(Number);
const [about] = process.argv.slice(4);
let bad = 0;
for (let seed = from; seed <= to; seed += 1) {
  const { wrong, trace } = await play(seed);
  if (about !== undefined) console.log(trace.filter((line) => line.includes("DOES") || line.includes(about)).join("\n"));
  if (!wrong.length) continue;
  bad += 1;
  console.log(`seed ${seed}`, wrong.slice(0, 6));
}
console.log(`${to - from + 1} seeds, ${bad} bad`);
process.exitCode = Math.min(bad, 1);
