// The official SDK for Node when something goes wrong, and what needs a model that behaves on command.
import assert from "node:assert/strict";
import test from "node:test";

import { HI, TOOL, alice, client, failing } from "./door.mjs";

const ask = (model, more = {}, options = {}) => alice.chat.completions.create({ model, messages: HI, ...more }, options);

test("thinking comes beside the text", async () => {
  const { message } = (await ask("qwen3:32b")).choices[0];
  assert.equal(message.content, "Yes");
  assert.equal(message.reasoning_content, "Hm.");
});

test("tools are called, whole and streamed", async () => {
  const [choice] = (await ask("tooled", { tools: [TOOL] })).choices;
  assert.equal(choice.finish_reason, "tool_calls");
  assert.equal(choice.message.content, null);
  const stream = alice.chat.completions.stream({ model: "tooled", messages: HI, tools: [TOOL] });
  const final = await stream.finalChatCompletion();
  for (const { message } of [choice, final.choices[0]]) {
    const cities = message.tool_calls.map((call) => JSON.parse(call.function.arguments).city);
    assert.deepEqual(cities, ["Paris", "Lyon"]);
  }
});

test("embeddings are numbers whatever the encoding", async () => {
  const packed = await alice.embeddings.create({ model: "embed", input: ["one", "two"] });
  const plain = await alice.embeddings.create({ model: "embed", input: ["one", "two"], encoding_format: "float" });
  assert.equal(packed.data.length, 2);
  packed.data[1].embedding.forEach((value, place) => {
    assert.ok(Math.abs(value - plain.data[1].embedding[place]) < 1e-6);
  });
});

test("a busy model is asked again and then answers", async () => {
  assert.equal((await ask("busy-once")).choices[0].message.content, "Hello from Paris 🗼");
});

test("without retries a busy model is an error with a true retry-after", async () => {
  const error = await failing(() => ask("busy", {}, { maxRetries: 0 }));
  assert.equal(error.status, 503);
  assert.equal(error.code, "server_is_overloaded");
  assert.ok(Number(error.headers.get("retry-after")) >= 1);
});

test("work that had begun is not done three times", async () => {
  const error = await failing(() => ask("failed"));
  assert.equal(error.status, 502);
  assert.equal(error.headers.get("x-should-retry"), "false");
});

for (const model of ["broken", "failed"]) {
  test(`a stream that breaks is an error and never an end (${model})`, async () => {
    let text = "";
    const error = await failing(async () => {
      for await (const chunk of await ask(model, { stream: true })) text += chunk.choices[0]?.delta.content ?? "";
    });
    assert.equal(error.constructor.name, "APIError");
    assert.equal(error.code, "upstream_error");
    assert.match(text, /^Hel/);
  });
}

test("a stream that is aborted ends", async () => {
  const stream = await ask("endless", { stream: true });
  let pieces = 0;
  for await (const chunk of stream) if (chunk.choices.length && ++pieces === 5) stream.controller.abort();
  assert.ok(pieces >= 5);
});

test("a client that loses patience says so", async () => {
  const hasty = client(undefined, { timeout: 500, maxRetries: 0 });
  const error = await failing(() => hasty.chat.completions.create({ model: "stuck", messages: HI }));
  assert.equal(error.constructor.name, "APIConnectionTimeoutError");
});
