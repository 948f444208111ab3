// Reports: what a figure means, on hover, focus or a tap; and the plan, worked out when asked for.

let box = null;
let shown = null;

for (const button of document.querySelectorAll(".means")) prepare(button);

function prepare(button) {
  button.dataset.means = button.title;
  button.setAttribute("aria-description", button.title);
  button.removeAttribute("title"); // the box says it, also where nothing hovers
}

function show(button) {
  hide();
  box = document.createElement("div");
  box.className = "means-box";
  const name = document.createElement("strong");
  name.textContent = button.textContent;
  box.append(name, button.dataset.means);
  document.body.append(box);
  const at = button.getBoundingClientRect();
  const own = box.getBoundingClientRect();
  const left = Math.min(Math.max(12, at.left), window.innerWidth - own.width - 12);
  const below = at.bottom + 8;
  const fits = below + own.height < window.innerHeight - 8;
  box.style.left = `${left}px`;
  box.style.top = `${fits ? below : Math.max(8, at.top - own.height - 8)}px`;
  shown = button;
  button.setAttribute("aria-expanded", "true");
}

function hide() {
  box?.remove();
  shown?.setAttribute("aria-expanded", "false");
  box = shown = null;
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const button = event.target.closest?.(".means");
  if (button) show(button);
  else if (shown) hide();
});
document.addEventListener("focusin", (event) => {
  const button = event.target.closest?.(".means");
  if (button) show(button);
  else if (shown) hide();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".means");
  if (button) show(button);
  else if (shown) hide();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
window.addEventListener("scroll", hide, { passive: true, capture: true });

// The plan takes some seconds: it comes into the page when asked for, else by its own address.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-load]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const place = document.querySelector(link.dataset.load);
  link.setAttribute("aria-busy", "true");
  link.classList.add("loading");
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector(link.dataset.load);
    if (!answer.ok || !found) throw new Error("no plan");
    place.replaceWith(found);
    for (const button of found.querySelectorAll(".means")) prepare(button);
  } catch {
    window.location.assign(link.href); // that page says what is wrong
  }
});
