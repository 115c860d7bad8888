// The official SDK for Node gets its answers; also against a real Ollama (make test-live).
import assert from "node:assert/strict";
import test from "node:test";

import { HI, TOOL, alice, continued, failing, model, reader, said, stranger } from "./door.mjs";

const HELLO = "Hello from Paris 🗼";

test("a chat is answered", async () => {
  const { data, request_id } = await alice.chat.completions
    .create({ model: model("said"), messages: HI })
    .withResponse();
  assert.ok(said(data.choices[0].message.content, HELLO));
  assert.equal(data.choices[0].finish_reason, "stop");
  assert.ok(data.usage.total_tokens > 0);
  assert.match(request_id, /^req_/);
});

test("a stream gives the text in pieces and usage in the last", async () => {
  const stream = await alice.chat.completions.create({
    model: model("said"),
    messages: HI,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync?.(stream) ?? (await collect(stream));
  assert.ok(said(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), HELLO));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
});

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("the stream helper puts the message together", async () => {
  const stream = alice.chat.completions.stream({ model: model("said"), messages: HI });
  const final = await stream.finalChatCompletion();
  assert.ok(said(final.choices[0].message.content, HELLO));
  assert.equal(final.choices[0].message.role, "assistant");
});

test("a named tool is called", async () => {
  const answer = await alice.chat.completions.create({
    model: model("forced"),
    messages: HI,
    tools: [TOOL],
    tool_choice: { type: "function", function: { name: "get_weather" } },
  });
  const [call] = answer.choices[0].message.tool_calls;
  assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)).sort(), ["city", "unit"]);
});

test("an answer in a schema is parsed", async () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
    required: ["city", "days"],
    additionalProperties: false,
  };
  const answer = await alice.chat.completions.parse({
    model: model("shaped"),
    messages: [{ role: "user", content: "Plan a trip to Paris on days 1 and 2. Answer in JSON." }],
    response_format: { type: "json_schema", json_schema: { name: "trip", schema, strict: true } },
  });
  const trip = answer.choices[0].message.parsed ?? JSON.parse(answer.choices[0].message.content);
  assert.equal(typeof trip.city, "string");
  assert.ok(Array.isArray(trip.days));
});

test("models are listed and found", async () => {
  const ids = [];
  for await (const found of alice.models.list()) ids.push(found.id);
  assert.ok(ids.length > 0);
  assert.equal((await alice.models.retrieve(ids[0])).id, ids[0]);
});

test("legacy completions continue a text", async () => {
  const answer = await alice.completions.create({ model: model("said"), prompt: "Once", max_tokens: 8 });
  assert.ok(continued(answer.choices[0].text, "Hello from the tiny model!"));
});

test("responses answer whole and streamed", async () => {
  const answer = await alice.responses.create({ model: model("said"), input: "Say hello to Paris." });
  assert.ok(said(answer.output_text, HELLO));
  const events = await collect(await alice.responses.create({ model: model("said"), input: "Hi", stream: true }));
  assert.equal(events[0].type, "response.created");
  assert.equal(events.at(-1).type, "response.completed");
});

test("a bad token is a 401 that says why", async () => {
  const error = await failing(() => stranger.chat.completions.create({ model: model("said"), messages: HI }));
  assert.equal(error.constructor.name, "AuthenticationError");
  assert.equal(error.code, "AUTH_INVALID_TOKEN");
  assert.ok(error.error.details);
  assert.match(error.requestID, /^req_/);
});

test("a missing scope is a 403 that names it", async () => {
  const error = await failing(() => reader.chat.completions.create({ model: model("said"), messages: HI }));
  assert.equal(error.constructor.name, "PermissionDeniedError");
  assert.match(error.message, /chat:write/);
});

test("an unknown model is a 404", async () => {
  const error = await failing(() => alice.chat.completions.create({ model: "no-such-model", messages: HI }));
  assert.equal(error.constructor.name, "NotFoundError");
  assert.equal(error.code, "model_not_found");
});

test("a wrong field is a 400 that names it", async () => {
  const asked = { model: model("said"), messages: HI, temperature: 3 };
  const error = await failing(() => alice.chat.completions.create(asked));
  assert.equal(error.constructor.name, "BadRequestError");
  assert.equal(error.param, "temperature");
});
