// On every page: no double submits, "are you sure?", copy buttons, passwords shown on request.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.quiet !== undefined || form.method === "get" || form.method === "dialog") return;
  setTimeout(() => {
    if (event.defaultPrevented) return;
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
  });
});

// Coming back with the Back button shows the page as it was left: buttons must work again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button[disabled]")) button.disabled = false;
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) await copyText(copy);
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) toggle(reveal);
});

async function copyText(button) {
  const text = button.dataset.copy;
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text); // the clipboard needs HTTPS; a plain-http office network has none
  }
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 1600);
}

function copyByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

function toggle(button) {
  const target = document.getElementById(button.dataset.reveal);
  const isShown = target.dataset.shown === "1";
  target.textContent = isShown ? "••••••••••" : target.dataset.secret;
  target.dataset.shown = isShown ? "0" : "1";
  button.setAttribute("aria-pressed", String(!isShown));
  button.querySelector("[data-label]").textContent = isShown ? button.dataset.show : button.dataset.hide;
}
