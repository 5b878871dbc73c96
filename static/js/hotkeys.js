// One key handler for every page.  <button data-hotkey="s" data-hotkey-label="…">; several keys: data-hotkey="j ArrowDown".
// A bare key never fires while someone types, composes with an IME, or holds a modifier.  "mod+Enter" (Ctrl or ⌘) does fire in fields.
// A field is focused, anything else is clicked.  "?" lists what the page answers to.

const EDITABLE = "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range]), textarea, select, [contenteditable=true]";

const isComposing = (event) => event.isComposing || event.keyCode === 229;
const isTyping = (event) => event.target instanceof Element && event.target.closest(EDITABLE) !== null;
const keysOf = (element) => element.dataset.hotkey.split(/\s+/);

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return null;
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

// An open dialog owns the keyboard: keys behind it are asleep.
function candidates() {
  const open = [...document.querySelectorAll("dialog[open], .modal.show, .offcanvas.show")].pop();
  return [...(open || document).querySelectorAll("[data-hotkey]")].filter(
    (element) => !element.disabled && element.checkVisibility({ visibilityProperty: true }),
  );
}

function act(element) {
  if (element.matches(EDITABLE)) {
    element.focus();
    if (element.select && element.tagName === "INPUT") element.select();
  } else {
    element.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || isComposing(event)) return;
  const name = nameOf(event);
  if (!name || (isTyping(event) && !name.startsWith("mod+"))) return;
  if (name === "?" && !isTyping(event)) {
    event.preventDefault();
    showKeys();
    return;
  }
  const target = candidates().find((element) => keysOf(element).includes(name));
  if (!target) return;
  event.preventDefault();
  act(target);
});

const PRETTY = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Enter: "Enter", Escape: "Esc", " ": "Space" };
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

function caps(key) {
  return key.split("+").map((part) => {
    const cap = document.createElement("kbd");
    cap.className = "kbd";
    cap.textContent = part === "mod" ? (isMac ? "⌘" : "Ctrl") : PRETTY[part] || part.toUpperCase();
    return cap;
  });
}

// The words of a control without the key caps printed on it.
function wordsOf(element) {
  const copy = element?.cloneNode(true);
  copy?.querySelectorAll("kbd").forEach((cap) => cap.remove());
  return copy?.textContent.trim().replace(/\s+/g, " ");
}

function labelOf(element) {
  return element.dataset.hotkeyLabel || element.getAttribute("aria-label") || element.title || wordsOf(element.labels?.[0]) || wordsOf(element);
}

function showKeys() {
  const dialog = document.getElementById("keys-dialog");
  if (!dialog || dialog.open) return;
  const list = dialog.querySelector("[data-keys]");
  list.replaceChildren(...candidates().map((element) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = labelOf(element);
    detail.append(...keysOf(element).flatMap((key, index) => [...(index ? [" "] : []), ...caps(key)]));
    row.append(term, detail);
    return row;
  }));
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]")) showKeys();
});

// Screen readers learn the keys too.
function announceKeys(root) {
  for (const element of root.querySelectorAll("[data-hotkey]:not([aria-keyshortcuts])")) {
    element.setAttribute("aria-keyshortcuts", keysOf(element).join(" ").replaceAll("mod+", "Control+"));
  }
}
announceKeys(document);
document.addEventListener("htmx:load", (event) => announceKeys(event.detail.elt));
