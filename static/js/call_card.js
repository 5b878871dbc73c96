// The call card: shows what the chosen outcome needs, fills proposed times, keeps the card held.
// Without this script every group is visible and the server still says what is missing.

const form = document.querySelector("[data-call-form]");
const desk = document.querySelector("[data-call-card]");
const HEARTBEAT_MS = 60_000;
// While people talk nobody knows the outcome yet: what is heard can be written down before it is chosen.
const BEFORE_OUTCOME = { show: ["hearing"], need: [] };

function showFor(result, rules) {
  const rule = rules[result] || BEFORE_OUTCOME;
  for (const group of form.querySelectorAll("[data-group]")) {
    const name = group.dataset.group;
    group.hidden = name !== "always" && !rule.show.includes(name);
  }
  for (const mark of form.querySelectorAll("[data-need]")) {
    mark.hidden = !rule.need.includes(mark.dataset.need);
  }
  const retry = form.querySelector("[name=retry_at]");
  const proposal = form.querySelector('[data-group="retry"] [data-fill]');
  if (rule.show.includes("retry") && retry && !retry.value && proposal) retry.value = proposal.dataset.value;
}

if (form) {
  const rules = JSON.parse(document.getElementById("result-fields").textContent);
  const chosen = () => form.querySelector("[name=outcome]:checked")?.dataset.result;
  form.addEventListener("change", (event) => {
    if (event.target.name === "outcome") showFor(chosen(), rules);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = document.getElementById(button.dataset.fill);
    field.value = button.dataset.value;
    field.focus();
  });
  showFor(chosen(), rules);
  const wrong = form.querySelector(".is-invalid, .invalid-feedback");
  if (wrong) {
    wrong.scrollIntoView({ block: "center" });
    (wrong.matches("input, select, textarea") ? wrong : form.querySelector(".is-invalid"))?.focus();
  }
}

const words = JSON.parse(document.getElementById("app-words")?.textContent || "{}");

function warn(text) {
  clearInterval(timer);
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
}

// 409: the card has passed to a colleague. A redirect: the session is over, and the rep must know before saving.
async function beat() {
  const answer = await fetch(desk.dataset.heartbeatUrl, {
    method: "POST",
    redirect: "manual",
    headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
  }).catch(() => null);
  if (answer?.status === 409) warn(await answer.text());
  else if (answer?.type === "opaqueredirect" || answer?.status === 401) warn(words.session_over);
}

const timer = desk && form ? setInterval(beat, HEARTBEAT_MS) : null;
