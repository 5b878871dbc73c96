// Page-wide behaviour: toasts, htmx failures said out loud, double-submit guard, confirmation, small helpers.
// Its words come with the page ({% client_words %}), translated.

const words = JSON.parse(document.getElementById("app-words")?.textContent || "{}");
const toasts = document.getElementById("toasts");
const ICONS = { success: "check-circle-fill", error: "exclamation-circle-fill", warning: "exclamation-triangle-fill" };
const LEAVE_AFTER_MS = 6000;

// ---- toasts -------------------------------------------------------------------------------------------------------

function dismiss(note) {
  note.classList.add("is-leaving");
  setTimeout(() => note.remove(), 220);
}

// Errors stay until closed; the rest leave by themselves unless the pointer or the focus is on them.
function scheduleLeave(note) {
  if (note.classList.contains("note--error")) return;
  setTimeout(() => (note.matches(":hover, :focus-within") ? scheduleLeave(note) : dismiss(note)), LEAVE_AFTER_MS);
}

function toast(text, level = "info") {
  const said = [...toasts.querySelectorAll("[data-text]")].find((note) => note.textContent === text);
  if (said) return said.closest(".note"); // once is enough, however many parts of the page find out
  const note = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  note.classList.add(`note--${level}`);
  if (level === "error") note.setAttribute("role", "alert");
  const use = note.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[level] || "info-circle"}`));
  note.querySelector("[data-text]").textContent = text;
  toasts.append(note);
  scheduleLeave(note);
  return note;
}

toasts.querySelectorAll(".note").forEach(scheduleLeave);
// Servers answer with  HX-Trigger: {"toast": {"text": "…", "level": "success"}} ; scripts dispatch the same event.
document.addEventListener("toast", (event) => toast(event.detail.text || event.detail.value, event.detail.level));
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-dismiss]");
  if (close) dismiss(close.closest(close.dataset.dismiss || ".note"));
});

// ---- htmx ---------------------------------------------------------------------------------------------------------

const isQuiet = (event) => Boolean(event.detail.elt?.closest("[data-quiet]"));

function toLogin() {
  const here = location.pathname + location.search;
  location.assign(`${document.body.dataset.loginUrl}?next=${encodeURIComponent(here)}`);
}

// An expired login answers 401, a client redirect, or (followed by the browser) the login page itself.
function isLoginAnswer(xhr) {
  const { loginUrl } = document.body.dataset;
  const path = (url) => new URL(url, location.href).pathname;
  const target = xhr.getResponseHeader("HX-Redirect");
  return xhr.status === 401 || (target && path(target) === loginUrl) || (xhr.responseURL && path(xhr.responseURL) === loginUrl);
}

// A click goes to the login page; a background poll must not carry away somebody who is typing, nor a save (data-keep) lose it.
let saidSessionOver = false;
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (location.pathname === document.body.dataset.loginUrl || !isLoginAnswer(event.detail.xhr)) return;
  event.preventDefault();
  const isKept = Boolean(event.detail.elt?.closest("[data-keep]"));
  if (!isQuiet(event) && !isKept) return void toLogin();
  if (!saidSessionOver || isKept) toast(words.session_over, "error");
  saidSessionOver = true;
});

// A background poll that fails must not shout; the next one may pass.
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401 || isQuiet(event)) return;
  toast(words[`status_${status}`] || words.server_error, "error");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (!isQuiet(event)) toast(words.offline, "error");
  });
}

const bar = document.getElementById("loading-bar");
let running = 0;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isQuiet(event)) bar.classList.toggle("is-on", ++running > 0);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (isQuiet(event)) return;
  running = Math.max(0, running - 1);
  bar.classList.toggle("is-on", running > 0);
  release(event.detail.elt?.closest("form"));
});
document.addEventListener("htmx:validation:halted", (event) => release(event.detail.elt?.closest("form")));

// ---- confirmation -------------------------------------------------------------------------------------------------

const dialog = document.getElementById("confirm-dialog");
const needsAnswer = (element) => Boolean(element?.dataset.confirm) && !element.dataset.confirmed;
const isHtmx = (element) => element.matches("[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]");

function ask(source) {
  const yes = dialog.querySelector("[value=yes]");
  const isCalm = source.dataset.confirmTone === "calm";
  dialog.querySelector("[data-text]").textContent = source.dataset.confirm;
  dialog.querySelector("[data-title]").textContent = source.dataset.confirmTitle || words.confirm_title;
  yes.textContent = source.dataset.confirmYes || words.confirm_yes;
  const no = dialog.querySelector("[value=no]");
  words.confirm_no ??= no.textContent;
  no.textContent = source.dataset.confirmNo || words.confirm_no;
  yes.classList.toggle("btn-danger", !isCalm);
  yes.classList.toggle("btn-primary", isCalm);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

async function askThen(source, go) {
  if (!(await ask(source))) return;
  source.dataset.confirmed = "1";
  go();
  delete source.dataset.confirmed;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!needsAnswer(link) || isHtmx(link)) return;
  event.preventDefault();
  askThen(link, () => link.click());
}, true);

document.addEventListener("htmx:confirm", (event) => {
  const { elt } = event.detail;
  const submitter = event.detail.triggeringEvent?.submitter;
  const source = submitter?.dataset.confirm ? submitter : elt;
  if (!source.dataset?.confirm) return;
  event.preventDefault();
  ask(source).then((agreed) => (agreed ? event.detail.issueRequest(true) : release(elt.closest("form"))));
});

// ---- forms: ask first, send once ----------------------------------------------------------------------------------

function release(form) {
  if (!form) return;
  delete form.dataset.busy;
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-busy");
  }
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const source = submitter?.dataset.confirm ? submitter : form;
  if (!isHtmx(form) && needsAnswer(source)) {
    stop(event);
    askThen(source, () => form.requestSubmit(submitter || undefined));
    return;
  }
  const sends = form.getAttribute("method")?.toLowerCase() === "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
  if (!sends || form.hasAttribute("data-allow-resubmit")) return;
  if (form.dataset.busy) return void stop(event);
  form.dataset.busy = "1";
  submitter?.classList.add("is-busy");
  submitter?.setAttribute("aria-busy", "true");
}, true);
// The back button brings the page back as it was left: busy.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));

// ---- small helpers ------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    navigator.clipboard?.writeText(copier.dataset.copy).then(() => toast(words.copied, "success"));
  }
  const filler = event.target.closest("[data-fill]");
  if (filler) fill(filler.dataset);
  // One explanation open at a time; a click elsewhere closes it.
  for (const open of document.querySelectorAll("details.explain[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// <button data-fill data-fill-login="…" data-fill-password="…"> puts the values into the fields of those names.
function fill({ fill: _, ...values }) {
  const inputs = Object.entries(values).filter(([key]) => key.startsWith("fill")).map(([key, value]) => {
    const input = document.querySelector(`[name="${CSS.escape(key.slice(4).toLowerCase())}"]`);
    if (input) input.value = value;
    return input;
  });
  inputs[0]?.form?.querySelector("button:not([type=button])")?.focus();
}

// Filters that apply as soon as they change.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit], [data-autosubmit] *")) event.target.form?.requestSubmit();
});
