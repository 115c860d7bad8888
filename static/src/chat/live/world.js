/** What of the browser the connection touches, so that tests can bring their own. */

/**
 * @typedef {object} World
 * @property {() => number} now ms
 * @property {() => number} random from 0 to 1
 * @property {(ms: number, act: () => void) => () => void} later runs it then; call the result to prevent it
 * @property {(url: string, protocol: string) => WebSocket} socket
 * @property {typeof fetch} fetch
 * @property {(url: string) => void} go leaves for another page
 * @property {() => void} reload
 * @property {() => string} path the address without its host
 * @property {() => boolean} looking whether somebody looks at the page
 */

/** @returns {World} */
export function browser() {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    later(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    socket: (url, protocol) => new WebSocket(url, protocol),
    fetch: (url, options) => fetch(url, options),
    go: (url) => location.assign(url),
    reload: () => location.reload(),
    path: () => location.pathname + location.search,
    looking: () => !document.hidden,
  };
}
