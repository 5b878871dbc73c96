// Keeps <time data-deadline data-opens> chips true while the page stays open.  The server wrote the first text with the
// same rules (accounts/templatetags/ui.py); its clock counts, not the reader's: <body data-now> gives the difference.

const words = JSON.parse(document.getElementById("app-words")?.textContent || "{}");
const MINUTE = 60_000;
const SOON = 4 * 60 * MINUTE;
const URGENT = 60 * MINUTE;
const drift = Date.parse(document.body.dataset.now) - Date.now() || 0;

const say = (pattern, values) => (pattern || "").replace(/%\((\w+)\)s/g, (_, name) => values[name]);

function span(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / MINUTE);
  const parts = { d: Math.floor(minutes / 1440), h: Math.floor((minutes % 1440) / 60), m: minutes % 60 };
  if (parts.d) return say(parts.h ? words.days_hours : words.days, parts);
  if (parts.h) return say(parts.m ? words.hours_minutes : words.hours, parts);
  return say(words.minutes, parts);
}

function stateAt(now, deadline, opens) {
  if (opens && now < opens) return { state: "waiting", text: say(words.opens, { span: span(opens - now) }) };
  const left = deadline - now;
  if (left <= 0) return { state: "over", text: say(words.over, { span: span(left) }) };
  const state = left <= URGENT ? "urgent" : left <= SOON ? "soon" : "calm";
  return { state, text: say(words.left, { span: span(left) }) };
}

function tick(root = document) {
  const now = Date.now() + drift;
  for (const chip of root.querySelectorAll("[data-deadline]")) {
    const opens = chip.dataset.opens ? Date.parse(chip.dataset.opens) : null;
    const { state, text } = stateAt(now, Date.parse(chip.dataset.deadline), opens);
    const slot = chip.querySelector("[data-text]") || chip;
    if (slot.textContent !== text) slot.textContent = text;
    for (const name of ["waiting", "calm", "soon", "urgent", "over"]) chip.classList.toggle(`countdown--${name}`, name === state);
  }
}

tick();
setInterval(tick, 20_000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
document.addEventListener("htmx:load", (event) => tick(event.detail.elt.parentElement || document));
