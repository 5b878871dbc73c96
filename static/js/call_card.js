// The call card: shows what the chosen outcome needs, fills proposed times, keeps the card held.
// Without this script every group is visible and the server still says what is missing.

const column = () => document.getElementById("call-column");
const form = () => column()?.querySelector("[data-call-form]");
const desk = document.querySelector("[data-call-card]");
const words = JSON.parse(document.getElementById("app-words")?.textContent || "{}");
const HEARTBEAT_MS = 60_000;
// While people talk nobody knows the outcome yet: what is heard can be written down before it is chosen.
const BEFORE_OUTCOME = { show: ["hearing"], need: [] };

function showFields() {
  const rules = JSON.parse(document.getElementById("result-fields").textContent);
  const rule = rules[form().querySelector("[name=outcome]:checked")?.dataset.result] || BEFORE_OUTCOME;
  for (const group of form().querySelectorAll("[data-group]")) {
    const name = group.dataset.group;
    group.hidden = name !== "always" && !rule.show.includes(name);
  }
  for (const mark of form().querySelectorAll("[data-need]")) {
    mark.hidden = !rule.need.includes(mark.dataset.need);
  }
  const retry = form().querySelector("[name=retry_at]");
  const proposal = form().querySelector('[data-group="retry"] [data-fill]');
  if (rule.show.includes("retry") && retry && !retry.value && proposal) retry.value = proposal.dataset.value;
}

function showErrors() {
  const wrong = form().querySelector(".is-invalid, .invalid-feedback");
  if (!wrong) return;
  wrong.scrollIntoView({ block: "center" });
  (wrong.matches("input, select, textarea") ? wrong : form().querySelector(".is-invalid"))?.focus();
}

function begin() {
  if (!form()) return;
  showFields();
  showErrors();
}

document.addEventListener("change", (event) => {
  if (event.target.name === "outcome" && form()?.contains(event.target)) showFields();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button || !form()?.contains(button)) return;
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.focus();
});
// A refused save comes back as the same column with what was typed; the address stays the card's.
document.addEventListener("htmx:afterSettle", begin);
// Whoever logged in again in another tab has a new token; the one in this page would be refused.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/)?.[1];
  if (!token || event.detail.elt !== form()) return;
  event.detail.headers["X-CSRFToken"] = token;
  event.detail.parameters.csrfmiddlewaretoken = token;
});

function warn(text) {
  clearInterval(timer);
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
}

// 409: the card has passed to a colleague. A redirect: the session is over, and the rep must know before saving.
async function beat() {
  const answer = await fetch(desk.dataset.heartbeatUrl, {
    method: "POST",
    redirect: "manual",
    headers: { "X-CSRFToken": form().querySelector("[name=csrfmiddlewaretoken]").value },
  }).catch(() => null);
  if (answer?.status === 409) warn(await answer.text());
  else if (answer?.type === "opaqueredirect" || answer?.status === 401) warn(words.session_over);
}

const timer = desk && form() ? setInterval(beat, HEARTBEAT_MS) : null;
begin();
