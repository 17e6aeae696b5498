"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const stage = $("stage"), screen = $("screen"), cursor = $("cursor"), seekBar = $("seek");
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8, 16];
  const LONGEST_WAIT_MS = 2000, KEYFRAME_EVERY = 256, MOST_RESULTS = 300;

  // What the page holds, in columns: frame n is at[n], its changes are changes[from[n]..from[n+1]].
  const rows = [[]], lines = [], marks = [], keyframes = [];
  const styles = [null];
  let about = {}, at = [], from = [], cursors = [], sizes = [], changes = [], endMs = 0;

  // What is shown now.
  let shown = [], shownSize = null, frame = -2; // -1 is what is there before the first change
  let nowMs = 0, speed = 1, playing = false, lastTick = 0;
  let hits = [], hit = -1, pattern = null;

  async function load() {
    const text = $("data").textContent.trim();
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", size = null;
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [sheet];
    for (;;) {
      const { done, value } = await reader.read();
      const parts = (rest + (value || "")).split("\n");
      rest = done ? "" : parts.pop();
      for (const part of parts) {
        if (!part) continue;
        const record = JSON.parse(part);
        if (!Array.isArray(record)) {
          about = record;
          size = [record.cols, record.rows];
        } else if (record[0] === "f") addFrame(record, size);
        else if (record[0] === "r") rows.push(record);
        else if (record[0] === "s") addStyle(sheet, record);
        else if (record[0] === "l") lines.push({ at: record[1], typed: record[2], text: record[3] });
        else if (record[0] === "m") marks.push({ at: record[1], label: record[2] });
        else if (record[0] === "z") size = [record[1], record[2]];
        else if (record[0] === "e") endMs = record[1];
      }
      if (done) break;
    }
    $("data").remove();
    from.push(changes.length);
    makeKeyframes();
  }

  function addFrame(record, size) {
    at.push((at.length ? at[at.length - 1] : 0) + record[1]);
    cursors.push(record.slice(2, 5));
    sizes.push(size);
    from.push(changes.length);
    for (let i = 5; i < record.length; i++) changes.push(record[i]);
  }

  function addStyle(sheet, [, fg, bg, flags, underline, ink, link]) {
    const colour = /^#[0-9a-f]{6}$/, rules = [], decorations = [];
    if (colour.test(fg)) rules.push(`color:${fg}`);
    if (colour.test(bg)) rules.push(`background:${bg}`);
    if (flags & 1) rules.push("font-weight:bold");
    if (flags & 2) rules.push("font-style:italic");
    if (flags & 4) decorations.push("line-through");
    if (flags & 8) decorations.push("overline");
    if (underline) {
      decorations.push("underline");
      rules.push(`text-decoration-style:${["solid", "solid", "double", "wavy", "dotted", "dashed"][underline] || "solid"}`);
      if (colour.test(ink)) rules.push(`text-decoration-color:${ink}`);
    }
    if (decorations.length) rules.push(`text-decoration-line:${decorations.join(" ")}`);
    sheet.insertRule(`#screen .s${styles.length}{${rules.join(";")}}`, sheet.cssRules.length);
    styles.push(/^https?:\/\//.test(link) ? link : "");
  }

  // Now and then the whole screen, so that any moment is near one.
  function makeKeyframes() {
    let state = [], size = null;
    for (let n = 0; n < at.length; n++) {
      if (sizes[n] !== size) state = new Array((size = sizes[n])[1]).fill(0);
      for (let i = from[n]; i < from[n + 1]; i += 2) state[changes[i]] = changes[i + 1];
      if (n % KEYFRAME_EVERY === 0) keyframes.push(state.slice());
    }
    endMs = Math.max(endMs, at.length ? at[at.length - 1] : 0);
  }

  function stateOf(n) {
    const key = Math.floor(n / KEYFRAME_EVERY);
    let state = keyframes[key].slice(), size = sizes[key * KEYFRAME_EVERY];
    for (let k = key * KEYFRAME_EVERY + 1; k <= n; k++) {
      if (sizes[k] !== size) state = new Array((size = sizes[k])[1]).fill(0);
      for (let i = from[k]; i < from[k + 1]; i += 2) state[changes[i]] = changes[i + 1];
    }
    return state;
  }

  // The last of `sorted` that is not after `ms`; -1 if there is none.
  function lastBefore(sorted, ms) {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // Letters that every font of fixed width has in that width; others are put into boxes of it.
  const SAFE = /^[\x20-\x7e\xa0-\xac\xae-\u017f\u2500-\u259f]*$/;

  function cell(text, cols) {
    const box = document.createElement("i");
    box.style.width = `${cols}ch`;
    box.textContent = text;
    return box;
  }

  function span(style, parts) {
    const link = styles[style];
    const made = document.createElement(link ? "a" : "span");
    if (style) made.className = `s${style}`;
    if (link) {
      made.href = link;
      made.rel = "noopener noreferrer nofollow";
      made.target = "_blank";
    }
    let cols = 0;
    for (const part of parts) {
      if (typeof part !== "string") {
        made.append(cell(part[0], part[1]));
        cols += part[1];
      } else if (SAFE.test(part)) {
        made.append(part);
        cols += part.length;
      } else {
        for (const character of part) {
          made.append(SAFE.test(character) ? character : cell(character, 1));
          cols++;
        }
      }
    }
    made.style.width = `${cols}ch`;
    return made;
  }

  function fill(element, number) {
    const row = rows[number], made = [];
    for (let i = 1; i < row.length;) {
      const style = row[i++], parts = [];
      while (i < row.length && typeof row[i] !== "number") parts.push(row[i++]);
      made.push(span(style, parts));
    }
    element.replaceChildren(...made);
  }

  function draw() {
    const n = lastBefore(at, nowMs);
    if (n !== frame) {
      const size = n < 0 ? [about.cols, about.rows] : sizes[n];
      const state = n < 0 ? new Array(size[1]).fill(0) : stateOf(n);
      if (!shownSize || size[0] !== shownSize[0] || size[1] !== shownSize[1]) {
        shownSize = size;
        shown = [];
        screen.replaceChildren(...state.map(() => document.createElement("div")));
        fit();
      }
      for (let y = 0; y < state.length; y++) {
        if (shown[y] !== state[y]) fill(screen.children[y], state[y]);
      }
      shown = state;
      frame = n;
      point(n);
      highlight();
    }
    seekBar.value = nowMs;
    $("time").textContent = clock(nowMs);
    screen.dataset.at = Math.round(nowMs);
  }

  function point(n) {
    const [col, row, shape] = n < 0 ? [0, 0, 0] : cursors[n];
    cursor.hidden = col < 0;
    cursor.style.transform = `translate(${col}ch, calc(${row} * var(--row)))`;
    cursor.style.clipPath = ["none", "inset(85% 0 0 0)", "inset(0 80% 0 0)"][shape];
  }

  // As large as fits, in whole pixels: lines of boxes join then.
  function fit() {
    if (!shownSize) return;
    const { clientWidth, clientHeight } = document.documentElement;
    const beside = document.querySelector("header").offsetHeight + $("bar").offsetHeight + 60;
    const px = Math.min((clientWidth - 60) / shownSize[0] / 0.61, (clientHeight - beside) / shownSize[1] / 1.164);
    const size = Math.max(8, Math.min(18, Math.floor(px)));
    document.documentElement.style.setProperty("--size", `${size}px`);
    document.documentElement.style.setProperty("--row", `${Math.floor(size * 1.164)}px`);
    screen.style.width = `${shownSize[0]}ch`;
  }

  function clock(ms) {
    const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
  }

  function seek(ms) {
    nowMs = Math.max(0, Math.min(endMs, ms));
    draw();
  }

  function setPlaying(wanted) {
    if (wanted && nowMs >= endMs) nowMs = 0;
    playing = wanted && endMs > 0;
    $("play").textContent = playing ? "❚❚" : "▶";
    $("play").setAttribute("aria-label", playing ? "pause" : "play");
    stage.dataset.state = playing ? "playing" : "paused";
    lastTick = performance.now();
    if (playing) requestAnimationFrame(tick);
  }

  function tick(time) {
    if (!playing) return;
    let next = nowMs + Math.max(0, time - lastTick) * speed;
    lastTick = Math.max(lastTick, time);
    if ($("idle").checked) {
      const after = lastBefore(at, nowMs) + 1;
      const until = after < at.length ? at[after] : endMs;
      const before = after > 0 ? at[after - 1] : 0;
      // Of a wait that is too long, its first two seconds are kept.
      if (until - before > LONGEST_WAIT_MS && next - before > LONGEST_WAIT_MS) next = Math.max(next, until);
    }
    seek(next);
    if (nowMs >= endMs) setPlaying(false);
    else requestAnimationFrame(tick);
  }

  function setSpeed(index) {
    const kept = Math.max(0, Math.min(SPEEDS.length - 1, index));
    speed = SPEEDS[kept];
    $("speed").selectedIndex = kept;
  }

  // One text of all lines, so that words are found over the ends of lines too.
  let haystack = "", starts = [];

  function search(query) {
    const words = query.trim().split(/\s+/).filter(Boolean);
    hits = [];
    hit = -1;
    pattern = null;
    if (words.length) {
      const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      pattern = new RegExp(escaped.join("\\s+"), query === query.toLowerCase() ? "giu" : "gu");
      let last = -1;
      for (const found of haystack.matchAll(pattern)) {
        const line = lastBefore(starts, found.index);
        if (line !== last) hits.push(line);
        last = line;
      }
    }
    const results = hits.slice(0, MOST_RESULTS).map((line, n) => result(line, n));
    $("results").replaceChildren(...results);
    const more = hits.length > MOST_RESULTS ? `, the first ${MOST_RESULTS} are shown` : "";
    $("count").textContent = `${hits.length} ${hits.length === 1 ? "line" : "lines"}${more}`;
    $("found").hidden = !words.length;
    highlight();
  }

  function result(line, n) {
    const item = document.createElement("li"), button = document.createElement("button");
    const when = document.createElement("span"), text = document.createElement("q");
    when.textContent = clock(lines[line].at);
    text.textContent = lines[line].text;
    button.append(when, text);
    button.addEventListener("click", () => jump(n));
    item.append(button);
    return item;
  }

  function jump(n) {
    if (!hits.length) return;
    hit = (n + hits.length) % hits.length;
    for (const current of $("results").querySelectorAll("[aria-current]")) current.removeAttribute("aria-current");
    const item = $("results").children[hit];
    if (item) {
      item.firstChild.setAttribute("aria-current", "true");
      item.scrollIntoView({ block: "nearest" });
    }
    setPlaying(false);
    seek(lines[hits[hit]].at);
  }

  function highlight() {
    if (!window.Highlight) return;
    CSS.highlights.delete("found");
    if (!pattern) return;
    const ranges = [];
    for (const row of screen.children) {
      const pieces = [], walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      let text = "";
      while (walker.nextNode()) {
        pieces.push([text.length, walker.currentNode]);
        text += walker.currentNode.data;
      }
      const place = (offset) => {
        const piece = pieces.findLast(([start]) => start <= offset);
        return [piece[1], offset - piece[0]];
      };
      for (const found of text.matchAll(pattern)) {
        const range = document.createRange();
        range.setStart(...place(found.index));
        const [node, offset] = place(found.index + found[0].length - 1);
        range.setEnd(node, offset + 1);
        ranges.push(range);
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function showMarks() {
    for (const mark of marks) {
      const tick = document.createElement("b");
      tick.style.left = `${endMs ? (100 * mark.at) / endMs : 0}%`;
      tick.title = `${clock(mark.at)} ${mark.label}`;
      tick.addEventListener("click", () => seek(mark.at));
      $("marks").append(tick);
    }
  }

  function toMark(step) {
    const times = marks.map((mark) => mark.at).sort((a, b) => a - b);
    const target = step > 0 ? times.find((ms) => ms > nowMs) : times.findLast((ms) => ms < nowMs - 500);
    if (target !== undefined) seek(target);
  }

  function step(count) {
    setPlaying(false);
    const n = Math.max(0, Math.min(at.length - 1, lastBefore(at, nowMs) + count));
    if (at.length) seek(at[n]);
  }

  const KEYS = [
    ["space", "play, pause"],
    ["← →", "5 seconds back, on; with shift 1 second"],
    [", .", "one change back, on"],
    ["< >", "slower, faster"],
    ["[ ]", "marker before, after"],
    ["0 … 9", "to that tenth"],
    ["Home End", "to the beginning, to the end"],
    ["/", "search; Enter jumps to the first line found"],
    ["n N", "line found after, before"],
    ["i", "skip idle, or not"],
    ["?", "these keys"],
  ];
  const ACTIONS = {
    " ": () => setPlaying(!playing),
    k: () => setPlaying(!playing),
    ArrowLeft: (event) => seek(nowMs - (event.shiftKey ? 1000 : 5000)),
    ArrowRight: (event) => seek(nowMs + (event.shiftKey ? 1000 : 5000)),
    ",": () => step(-1),
    ".": () => step(1),
    "<": () => setSpeed(SPEEDS.indexOf(speed) - 1),
    ">": () => setSpeed(SPEEDS.indexOf(speed) + 1),
    "[": () => toMark(-1),
    "]": () => toMark(1),
    Home: () => seek(0),
    End: () => seek(endMs),
    "/": () => $("query").focus(),
    n: () => jump(hit + 1),
    N: () => jump(hit - 1),
    i: () => $("idle").click(),
    "?": () => $("help").toggleAttribute("hidden"),
  };

  function onKey(event) {
    const target = event.target, typing = target.matches("input[type=search], select");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) {
      if (target === $("query")) search((target.value = ""));
      target.blur();
      return;
    }
    if (typing || (event.key === " " && target.matches("button, input[type=checkbox]"))) return;
    const action = /^\d$/.test(event.key) ? () => seek((endMs * Number(event.key)) / 10) : ACTIONS[event.key];
    if (!action || !Object.hasOwn(ACTIONS, event.key) && !/^\d$/.test(event.key)) return;
    event.preventDefault();
    action(event);
  }

  function listen() {
    $("play").addEventListener("click", () => setPlaying(!playing));
    seekBar.addEventListener("input", () => seek(Number(seekBar.value)));
    $("speed").append(...SPEEDS.map((n) => new Option(`${n}×`, String(n))));
    $("speed").addEventListener("change", () => setSpeed($("speed").selectedIndex));
    $("keys").addEventListener("click", () => $("help").toggleAttribute("hidden"));
    $("query").addEventListener("input", () => search($("query").value));
    $("query").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      jump(hit + (event.shiftKey ? -1 : 1));
    });
    document.addEventListener("keydown", onKey);
    addEventListener("resize", fit);
    addEventListener("hashchange", toHash);
    const table = document.createElement("table");
    for (const pair of KEYS) {
      const line = table.insertRow();
      for (const text of pair) line.insertCell().textContent = text;
    }
    $("help").append(table);
  }

  // page.html#t=90 begins there.
  function toHash() {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (found) seek(Number(found[1]) * 1000);
  }

  load().then(() => {
    for (const line of lines) {
      starts.push(haystack.length);
      haystack += line.text + "\n";
    }
    $("about").textContent = [about.command, about.date, about.session, about.secrets].filter(Boolean).join("  ·  ");
    seekBar.max = endMs;
    $("length").textContent = clock(endMs);
    listen();
    setSpeed(SPEEDS.indexOf(1));
    showMarks();
    $("notice").hidden = true;
    $("bar").hidden = false;
    setPlaying(false);
    seek(0);
    toHash();
    stage.focus();
    stage.dataset.ready = "true";
  }).catch((error) => {
    $("notice").textContent = `This recording cannot be shown: ${error.message}`;
  });
})();
