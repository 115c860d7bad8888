// Made by `python -m chat.declared` from chat/protocol.py: change it there.

/** A UUID in lower case. */
export type Id = string;

/** Unknown types and fields are to be ignored, by both sides. */

/** the first frame, within 5 s */
export interface Hello {
  t: "hello";
  /** version of the protocol */
  v: 1;
  /** version of the page */
  app?: string;
  /** of the page (`zh-CN`), for the system prompt */
  lang?: string;
  /** its time zone (`Asia/Shanghai`), likewise */
  tz?: string;
  /** the conversation that is open: as by `sub` */
  focus?: Id | null;
  /** answers of which a part was seen, at most 100: as by `resume` */
  have?: Array<{ g: Id; s: number }>;
}

/** a question; to edit one, `parent` is the parent of the edited message */
export interface ChatSend {
  t: "chat.send";
  /** the client's own; the same again with the same body gets the same `ack`, for 24 hours */
  id: Id;
  /** null begins a conversation */
  c?: Id | null;
  /** what it follows; null: nothing, another first question; missing: the end of the branch */
  parent?: Id | null;
  /** slug, null is private; with `c: null` alone; missing: the person's default */
  team?: string | null;
  /** at most 200,000 characters */
  text: string;
  /** uploaded by `POST /api/images`, at most 8 */
  images?: Array<Id>;
  /** null or missing leaves it to the configuration */
  opts?: { think?: boolean | null; model?: string | null };
}

/** another answer beside `m`, or to the question `m`; with `more` the answer `m` itself goes on */
export interface ChatRegen {
  t: "chat.regen";
  /** the client's own; the same again with the same body gets the same `ack`, for 24 hours */
  id: Id;
  /** the conversation */
  c: Id;
  /** a message of the conversation */
  m: Id;
  /** null or missing leaves it to the configuration */
  opts?: { think?: boolean | null; model?: string | null };
  /** go on where `m` was cut; see [the rules](#rules) */
  more?: boolean;
}

/** end an answer; its text so far stays. Who asked, the owner, the team's lead */
export interface ChatStop {
  t: "chat.stop";
  /** the client's own; the same again with the same body gets the same `ack`, for 24 hours */
  id: Id;
  /** the answer in the making */
  g: Id;
}

/** what was said before goes to the model no more */
export interface ContextClear {
  t: "context.clear";
  /** the client's own; the same again with the same body gets the same `ack`, for 24 hours */
  id: Id;
  /** the conversation */
  c: Id;
}

/** follow what happens in a conversation */
export interface Sub {
  t: "sub";
  /** the conversation */
  c: Id;
}

/** follow it no more */
export interface Unsub {
  t: "unsub";
  /** the conversation */
  c: Id;
}

/** after a gap, or a new connection */
export interface Resume {
  t: "resume";
  /** the answer in the making */
  g: Id;
  /** number of the last delta seen; 0: none */
  s: number;
}

/** a sign of life */
export interface Ping {
  t: "ping";
  n: number;
}

/** who this is and what they may: a page hides what the scopes forbid */
export interface Ready {
  t: "ready";
  user: { id: string; name: string };
  scopes: Array<string>;
  /** slugs */
  teams: Array<string>;
  /** when the session ends by itself, Unix seconds */
  exp: number;
  /** the server's clock */
  now: number;
  limits: { text: number; images: number; image_bytes: number };
  /** how often to `ping` */
  hb_ms: number;
  /** version of the server */
  app: string;
  /** answers that this person asked for */
  running: Array<{ g: Id; c: Id; m: Id; s: number }>;
}

/** it is stored: the draft may go. Only what the message made is named */
export interface Ack {
  t: "ack";
  /** the client's own; the same again with the same body gets the same `ack`, for 24 hours */
  id: Id;
  c?: Id;
  /** the question */
  mu?: Id;
  /** the answer to come */
  ma?: Id;
  /** the answer in the making */
  g?: Id;
}

/** the answer waits for the model; said again whenever the place changes */
export interface GenQueued {
  t: "gen.queued";
  /** the answer in the making */
  g: Id;
  /** 1 is the next */
  pos: number;
  /** by what answers took lately; null: not known yet */
  eta_ms: number | null;
}

/** an answer is asked for, by whomever */
export interface GenStart {
  t: "gen.start";
  /** the answer in the making */
  g: Id;
  /** the conversation */
  c: Id;
  /** the message it becomes */
  m: Id;
  /** the question */
  parent: Id;
  /** who answers; empty where no answer could be begun */
  model: string;
  s: 0;
}

/** one more piece of the text or of the thinking */
export interface Delta {
  t: "delta";
  /** the answer in the making */
  g: Id;
  /** from 1, without a gap */
  s: number;
  k: "text" | "think";
  d: string;
}

/** all of it up to `s`, in place of what the client has */
export interface Snapshot {
  t: "snapshot";
  /** the answer in the making */
  g: Id;
  s: number;
  text: string;
  think: string;
  state: "queued" | "generating" | "complete" | "stopped" | "failed" | "interrupted";
}

/** the answer is over; always comes, and may come again */
export interface GenEnd {
  t: "gen.end";
  /** the answer in the making */
  g: Id;
  /** number of the last delta: a client that has fewer resumes */
  s: number;
  /** the message */
  m?: Id;
  reason: "stop" | "length" | "stopped" | "error" | "interrupted" | "filtered";
  /** tokens and milliseconds; `context`: all it holds, or null; `thought_ms`: of thinking */
  usage?: { in: number; out: number; ttft_ms: number | null; ms: number; context?: number | null; thought_ms?: number };
  /** with `error` */
  err?: { code: string; key: string };
}

/** a title was found */
export interface Title {
  t: "title";
  /** the conversation */
  c: Id;
  title: string;
}

/** what a list shows has changed; only what changed is there */
export interface ConvUpdated {
  t: "conv.updated";
  /** the conversation */
  c: Id;
  title?: string;
  /** slug; null: private */
  team?: string | null;
  /** ISO 8601 */
  updated?: string;
  /** the reader's own */
  pinned?: boolean;
  /** the reader's own */
  archived?: boolean;
}

/** it is gone, or may not be read any more */
export interface ConvDeleted {
  t: "conv.deleted";
  /** the conversation */
  c: Id;
}

/** draw a line */
export interface ContextCleared {
  t: "context.cleared";
  /** the conversation */
  c: Id;
  /** the mark, a message of its own */
  after: Id;
}

/** what is left of a limit */
export interface Limit {
  t: "limit";
  kind: "requests";
  remaining: number;
  reset_ms: number;
}

/** a message was not carried out; the codes are those of [errors](errors.md) */
export interface Error {
  t: "error";
  /** of the message */
  id?: Id;
  /** of the answer that was asked for */
  g?: Id;
  code: string;
  /** of the page's text */
  key: string;
  /** what the text fills in: `param`, or `who` */
  args: Record<string, unknown>;
  /** whether the same may work later */
  retry: boolean;
  retry_after_ms?: number;
  /** for the administrator: it is in the log */
  ref: string;
}

/** 60 s ahead: `POST /api/session` extends the session, and the socket stays */
export interface AuthExpiring {
  t: "auth.expiring";
  /** Unix seconds */
  exp: number;
}

/** something a person should know */
export interface Notice {
  t: "notice";
  level: "info" | "warning";
  /** of the page's text: `notice.grant` (`who` may read it `until` then, let in `by` an administrator `at` that time, and the `reason`; `title`, null: lost to its owner; `id` for `POST /api/notices`), `notice.break_glass` (the same of an administrator's own look), `notice.context_trimmed` (`dropped`: so many earlier turns did not fit and did not go up) */
  key: string;
  /** the conversation it is about */
  c?: Id;
  /** what the text fills in */
  args?: Record<string, unknown>;
}

/** the last frame before the server closes */
export interface Bye {
  t: "bye";
  /** of the close */
  code: number;
  /** missing: see the close */
  reconnect_after_ms?: number;
}

export interface Pong {
  t: "pong";
  /** of the `ping` */
  n: number;
}

export type ClientMessage =
  | Hello
  | ChatSend
  | ChatRegen
  | ChatStop
  | ContextClear
  | Sub
  | Unsub
  | Resume
  | Ping;

export type ServerMessage =
  | Ready
  | Ack
  | GenQueued
  | GenStart
  | Delta
  | Snapshot
  | GenEnd
  | Title
  | ConvUpdated
  | ConvDeleted
  | ContextCleared
  | Limit
  | Error
  | AuthExpiring
  | Notice
  | Bye
  | Pong;

export type Close = 1000 | 1009 | 1011 | 1012 | 1013 | 4400 | 4401 | 4403 | 4408 | 4409 | 4426 | 4429;
