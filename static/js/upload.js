// The upload page: a file dropped anywhere on its field is chosen; a list that is there asks nothing of a new one;
// a file beyond the limit is refused before it travels.

const field = document.querySelector(".drop");
const input = field.querySelector('input[type="file"]');
const chosen = field.querySelector("[data-chosen]");
const list = document.querySelector('select[name="lead_list"]');
const newList = document.querySelector(".new-list");

function showChosen() {
  const file = input.files[0];
  const isTooBig = Boolean(file) && file.size > Number(input.dataset.limit);
  input.setCustomValidity(isTooBig ? input.dataset.tooBig : "");
  chosen.textContent = file ? `${file.name} (${(file.size / 1048576).toFixed(file.size < 1048576 ? 2 : 1)} MB)` : "";
  chosen.hidden = !file;
  if (isTooBig) input.reportValidity();
}

// A fieldset that is switched off is neither checked nor sent.
function showNewList() {
  newList.disabled = newList.hidden = Boolean(list.value);
}

["dragenter", "dragover"].forEach((name) => field.addEventListener(name, (event) => {
  event.preventDefault();
  field.classList.add("is-over");
}));
["dragleave", "drop"].forEach((name) => field.addEventListener(name, () => field.classList.remove("is-over")));
field.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length !== 1) return;
  input.files = event.dataTransfer.files;
  showChosen();
});
input.addEventListener("change", showChosen);
list.addEventListener("change", showNewList);
showNewList();
showChosen();
