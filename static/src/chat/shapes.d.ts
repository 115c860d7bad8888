/** What the store holds. The API's own objects are described in docs/chat-api.md. */

import type { Id } from "../protocol";

export type Scope = "chat:read" | "chat:write" | "image:upload" | (string & {});
export type May = "continue" | "rename" | "delete" | "move" | "pin" | "export";

export interface Team {
  slug: string;
  name: string;
}

/** One conversation of the list. */
export interface Card {
  id: Id;
  title: string;
  team: string | null;
  owner: { id: string; name: string };
  mine: boolean;
  created: string;
  updated: string;
  leaf: Id | null;
  pinned: boolean;
  archived: boolean;
  /** the answer that is being written */
  running: Id | null;
  may: May[];
  /** an answer ended there while it was not open */
  unread: boolean;
}

export interface Usage {
  in: number;
  out: number;
  ttft_ms: number | null;
  ms: number;
  /** how long it thought, by the server's clock */
  thought_ms?: number | null;
  /** tokens that the model holds */
  context?: number | null;
}

export type MessageState = "queued" | "generating" | "complete" | "stopped" | "failed" | "interrupted";

export interface Message {
  id: Id;
  parent: Id | null;
  role: "user" | "assistant" | "mark";
  asker: string | null;
  /** missing: asked in this page just now */
  asker_id?: Id | null;
  text: string;
  thinking: string;
  images: Id[];
  model: string;
  state: MessageState | "" | null;
  reason: string | null;
  error: string | null;
  usage: Usage | null;
  generation: Id | null;
  /** how long it thought, where anybody knows */
  thought_ms?: number | null;
  created: string;
  /** it is being written; gone at its end */
  live?: Generation;
  /** a question that the server has not acknowledged yet; its id is the message's */
  pending?: Pending;
  /** the id of the Pending that this question was in this tab */
  sent?: Id;
}

/** An answer in the making; stays known for a while after its end. */
export interface Generation {
  g: Id;
  c: Id | null;
  m: Id | null;
  /** number of the last delta */
  s: number;
  text: string;
  think: string;
  state: "queued" | "generating" | "done";
  pos: number | null;
  eta_ms: number | null;
  /** when this page first heard of it */
  began: number;
  /** how long it thought, where this page saw it */
  thinkMs: number | null;
  reason: string | null;
  err: { code: string; key: string } | null;
  usage: Usage | null;
  asker: { id: string | null; name: string } | null;
  model: string;
  /** when the thinking began */
  thought: number | null;
  /** how many characters of what was there before it went on are still to come again */
  again: { text: number; think: number };
  /** an end that came before the last deltas */
  end: import("../protocol").GenEnd | null;
  /** the deltas behind `s` were asked for */
  asked: boolean;
}

export interface Options {
  think?: boolean | null;
  model?: string | null;
}

export interface Picture {
  id: Id;
  url?: string;
  name?: string;
}

export interface Trouble {
  code: string;
  key: string;
  args: Record<string, any>;
  retryAt: number | null;
  ref: string;
}

/** A question on its way. */
export interface Pending {
  id: Id;
  c: Id | null;
  /** undefined: the end of the branch */
  parent?: Id | null;
  text: string;
  images: Picture[];
  /** undefined: not said, the person's default */
  team?: string | null;
  opts?: Options;
  state: "sending" | "waiting" | "failed";
  error: Trouble | null;
  at: number;
  /** what was sent: the same id never says anything else */
  body?: Record<string, any>;
  /** the newest message that was known when it was said first */
  after?: Id;
}

export interface Chat {
  id: Id | null;
  messages: Map<Id, Message>;
  children: Map<string, Id[]>;
  leaf: Id | null;
  before: Id | null;
  loading: boolean;
}

export interface Connection {
  phase: "connecting" | "ready" | "waiting" | "denied" | "ended" | "old";
  retryAt: number | null;
  online: boolean;
  /** why it is denied, or waits: a code of the errors, `too_many`, or null */
  reason: string | null;
  ref: string;
  /** the server is newer than this page */
  newer: boolean;
  /** without websockets: questions go by HTTP */
  plain: boolean;
}

export interface Settings {
  language: "auto" | "zh" | "en";
  theme: "auto" | "light" | "dark";
  send_by: "enter" | "ctrl_enter";
  model: string | null;
  think: boolean | null;
  shortcuts: boolean;
}

export interface Limits {
  text: number;
  images: number;
  image_bytes: number;
  image_pixels: number;
}

/** null: the model's host does not say */
export interface Model {
  id: string;
  vision: boolean | null;
  thinking: boolean | null;
}

export interface History {
  messages: Message[];
  before: Id | null;
  leaf: Id | null;
}

export interface Page {
  conversations: Omit<Card, "unread">[];
  next: string | null;
  /** of the first page alone: all that are pinned */
  pinned?: Omit<Card, "unread">[];
}

/** What came with the page. */
export interface Boot {
  csrf: string;
  app: string;
  language: "en" | "zh";
  person: { id: string; name: string; staff: boolean };
  scopes: string[];
  teams: Team[];
  leads: string[];
  default_team: string | null;
  expires_in: number;
  settings: Settings;
  limits: Limits;
  default_model: string;
  vision: boolean;
  context_length?: number | null;
  list: Page;
  open: null | { missing: true } | ({ conversation: Omit<Card, "unread"> } & History);
}

export interface Notice {
  level: "info" | "warning";
  key: string;
  c?: Id;
  args?: Record<string, any>;
}

export interface Draft {
  text: string;
  images: Picture[];
  team?: string | null;
}

/** What is to be done after a frame, beyond the store. */
export type Errand =
  | { do: "resume"; g: Id; s: number }
  | { do: "card"; c: Id }
  | { do: "history"; c: Id }
  | { do: "unsub"; c: Id }
  | { do: "extend" };
