// What every test of the Node SDK shares: clients, and the names of models that behave in one way each.
import OpenAI from "openai";

const { BASE_URL, TOKEN_ALICE, TOKEN_READER, REAL_MODEL = "" } = process.env;

export const real = REAL_MODEL !== "";
export const model = (behaviour) => REAL_MODEL || behaviour;
export const said = (text, expected) => (real ? Boolean(text) : text === expected);
// The same where a real model may find that there is nothing to add.
export const continued = (text, expected) => (real ? typeof text === "string" : text === expected);
export const HI = [{ role: "user", content: "Say hello to Paris." }];
export const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { type: "string" } },
      required: ["city", "unit"],
      additionalProperties: false,
    },
    strict: true,
  },
};

export const client = (apiKey = TOKEN_ALICE, options = {}) => new OpenAI({ baseURL: BASE_URL, apiKey, ...options });
export const alice = client();
export const reader = client(TOKEN_READER);
export const stranger = client("sk-nonsense");

// The error of a call that must fail, with its request id.
export async function failing(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("the call was answered");
}
