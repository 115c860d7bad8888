// Messages at a fixed rate, and what the page suffered meanwhile.

/** @returns {Promise<object>} frames, long tasks and the time that `view` itself took */
export async function feed(view, text, perSecond, size) {
  const pieces = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  const frames = [];
  const tasks = [];
  let rendering = 0;
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: "longtask" });
  let on = true;
  let before = performance.now();
  requestAnimationFrame(function tick(now) {
    frames.push(now - before);
    before = now;
    document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
    if (on) requestAnimationFrame(tick);
  });
  const timed = (name) => {
    const real = view[name].bind(view);
    view[name] = (...args) => {
      const begun = performance.now();
      real(...args);
      rendering += performance.now() - begun;
    };
  };
  timed("now");
  const begun = performance.now();
  await new Promise((done) => {
    let sent = 0;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const due = Math.min(pieces.length, Math.floor(((performance.now() - begun) / 1000) * perSecond));
      if (sent < due) view.push(pieces[sent++]);
      if (sent < due) channel.port2.postMessage(0);
      else if (sent < pieces.length) setTimeout(() => channel.port2.postMessage(0), 4);
      else done();
    };
    channel.port2.postMessage(0);
  });
  view.end();
  const wall = performance.now() - begun;
  await new Promise((done) => setTimeout(done, 300));
  on = false;
  observer.disconnect();
  frames.sort((a, b) => a - b);
  return {
    wall, rendering, frames: frames.length,
    p99: frames[Math.floor(frames.length * 0.99)], worst: frames.at(-1),
    slow: frames.filter((frame) => frame > 50).length,
    tasks: tasks.length, taskTotal: tasks.reduce((a, b) => a + b, 0), taskWorst: Math.max(0, ...tasks),
  };
}
